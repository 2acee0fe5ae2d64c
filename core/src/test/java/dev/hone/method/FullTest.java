package dev.hone.method;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.TinyModels;
import dev.hone.error.HoneException;
import dev.hone.model.Model;
import dev.hone.model.Parameter;
import dev.hone.model.Pass;
import dev.hone.tensor.Scope;
import dev.hone.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class FullTest {
  private static FullConfig config(List<String> train, List<String> freeze) {
    return new FullConfig(FullConfig.Stored.F32, train, freeze);
  }

  private static Set<String> trained(String model, List<String> train, List<String> freeze) {
    try (Model base = TinyModels.random(model);
        Full full = new Full(config(train, freeze), base)) {
      return new TreeSet<>(full.trainable().keySet());
    }
  }

  private static Set<String> named(String model, String expression) {
    try (Model base = TinyModels.random(model)) {
      return base.parameters().stream()
          .map(Parameter::name)
          .filter(n -> n.matches(expression))
          .collect(Collectors.toCollection(TreeSet::new));
    }
  }

  @Test
  void wordsMeanWhatTheySay() {
    String llama = MethodCases.LLAMA;
    assertEquals(named(llama, ".*"), trained(llama, List.of("all"), List.of()));
    assertEquals(named(llama, "lm_head.*"), trained(llama, List.of("head"), List.of()));
    assertEquals(named(llama, ".*norm.*"), trained(llama, List.of("norms"), List.of()));
    assertEquals(named(llama, ".*bias"), trained(llama, List.of("biases"), List.of()));
    assertEquals(named(llama, ".*embed.*"), trained(llama, List.of("embeddings"), List.of()));
    assertEquals(
        named(llama, "(model.layers.1|model.norm|lm_head).*"),
        trained(llama, List.of("top-1"), List.of()));
    assertEquals(
        named(llama, "(model.layers.0|model.embed_tokens).*"),
        trained(llama, List.of("bottom-1"), List.of()));
    assertEquals(
        named(llama, "model.layers.*"),
        trained(llama, List.of("top-2"), List.of("head", "model.norm.weight")));
  }

  @Test
  void embeddingsAreAllThatIsBelowTheLayers() {
    String bert = MethodCases.BERT;
    assertEquals(named(bert, "bert.embeddings.*"), trained(bert, List.of("embeddings"), List.of()));
    assertEquals(
        named(bert, "(bert.pooler|classifier).*"), trained(bert, List.of("head"), List.of()));
    String gpt2 = MethodCases.GPT2;
    assertEquals(
        named(gpt2, "transformer.w[tp]e.*"), trained(gpt2, List.of("embeddings"), List.of()));
    assertEquals(
        named(gpt2, "transformer.(h.1|ln_f).*"), trained(gpt2, List.of("top-1"), List.of()));
    assertEquals(
        named(MethodCases.MASKED, "cls.*"),
        trained(MethodCases.MASKED, List.of("head"), List.of()));
  }

  private static void refused(String model, List<String> train, String part) {
    HoneException refused =
        assertThrows(HoneException.class, () -> trained(model, train, List.of()));
    assertTrue(String.valueOf(refused.getMessage()).contains(part), refused.getMessage());
  }

  @Test
  void wordsThatMeanNothingAreRefused() {
    refused(MethodCases.LLAMA, List.of("heads"), "did you mean 'head'?");
    refused(MethodCases.LLAMA, List.of("top-3"), "2 layers");
    refused(MethodCases.LLAMA, List.of("top-0"), "expected top-1 to top-2");
    refused(MethodCases.LLAMA, List.of("(q"), "expression");
    refused(MethodCases.TIED, List.of("head"), "table of its embeddings");
    refused(MethodCases.LLAMA, List.of(), "nothing to train");
  }

  /** Nothing below the lowest trained layer keeps a graph. */
  @Test
  void belowTheLowestTrainedLayerThereIsNoGraph() {
    try (Model model = TinyModels.llama();
        Full full = new Full(config(List.of("top-1"), List.of()), model);
        Scope scope = Scope.open()) {
      List<Tensor> states = new ArrayList<>();
      model
          .backbone()
          .forward(TinyModels.inputs(1, 2), Pass.plain().with(full).tracing(states::add));
      assertFalse(states.get(0).requiresGrad());
      assertFalse(states.get(1).requiresGrad());
      assertTrue(states.get(2).requiresGrad());
    }
  }
}
