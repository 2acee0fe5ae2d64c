package dev.hone.method;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.TinyModels;
import dev.hone.method.lora.Lora;
import dev.hone.method.lora.LoraConfig;
import dev.hone.model.Adapter;
import dev.hone.model.Model;
import dev.hone.model.Pass;
import dev.hone.tensor.Engine;
import dev.hone.tensor.GradMode;
import dev.hone.tensor.NativeMemory;
import dev.hone.tensor.Scope;
import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What every method promises, on models with both layouts of a matrix, tied and untied. */
class MethodTest {
  private static final LoraConfig ALL = LoraConfig.defaults();

  private static LoraConfig lora(List<String> targets, List<String> saved) {
    return new LoraConfig(4, 8, 0, targets, false, saved, Map.of(), Map.of());
  }

  static float[] logits(Model model, Adapter adapter) {
    try (Scope scope = Scope.open();
        GradMode off = GradMode.off()) {
      return model.logits(TinyModels.inputs(1, 2, 3, 4), Pass.plain().with(adapter)).toFloats();
    }
  }

  /** Gives everything that trains, B included, other numbers. */
  static <T extends Method> T stirred(T method, long seed) {
    Engine.seed(seed);
    try (Scope scope = Scope.open();
        GradMode off = GradMode.off()) {
      method.trainable().values().forEach(t -> t.addInPlace(Tensors.normal(0, .1, t.shape()), 1));
    }
    return method;
  }

  private record Case(String name, String model, MethodConfig config) {
    @Override
    public String toString() {
      return name;
    }
  }

  static Stream<Case> cases() {
    String llama = TinyModels.llamaConfig("{'attention_bias': true}");
    String tied = TinyModels.llamaConfig("{'tie_word_embeddings': true}");
    String gpt2 = TinyModels.gpt2Config("{}");
    String bert = TinyModels.bertConfig("BertForSequenceClassification");
    String masked = TinyModels.bertConfig("BertForMaskedLM");
    List<String> qv = List.of("q_proj", "v_proj");
    LoraConfig patterns =
        new LoraConfig(
            4,
            8,
            0,
            List.of("all-linear"),
            true,
            List.of(),
            Map.of("layers.0.*", 2),
            Map.of("v_proj", 32.0));
    return Stream.of(
        new Case("full llama", llama, FullConfig.defaults()),
        new Case("full tied llama", tied, FullConfig.defaults()),
        new Case("full gpt2", gpt2, FullConfig.defaults()),
        new Case("full bert", bert, FullConfig.defaults()),
        new Case("full masked bert", masked, FullConfig.defaults()),
        new Case("lora llama", llama, ALL),
        new Case("lora patterns", llama, patterns),
        new Case("lora gpt2", gpt2, ALL),
        new Case("lora bert", bert, lora(List.of("query", "value"), List.of("classifier"))),
        new Case("lora masked bert", masked, lora(List.of("query", "decoder"), List.of())),
        new Case("lora head", llama, lora(List.of("lm_head"), List.of())),
        new Case("lora tied head", tied, lora(List.of("lm_head"), List.of())),
        new Case("saved head", llama, lora(qv, List.of("lm_head"))),
        new Case("saved tied head", tied, lora(qv, List.of("lm_head"))),
        new Case("saved embeddings", llama, lora(qv, List.of("embed_tokens"))),
        new Case("saved tied embeddings", tied, lora(qv, List.of("embed_tokens"))),
        new Case("saved gpt2 embeddings", gpt2, lora(List.of("c_attn"), List.of("wte"))),
        new Case("saved both, tied", tied, lora(qv, List.of("embed_tokens", "lm_head"))),
        new Case("saved masked", masked, lora(List.of("query"), List.of("word_embeddings"))),
        new Case("saved norm", llama, lora(qv, List.of("norm"))));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void changesNothingAtFirstAndFreesEverything(Case c) {
    try (Model model = TinyModels.random(c.model)) {
      float[] base = logits(model, Adapter.NONE);
      long before = NativeMemory.objects();
      try (Method method = Methods.attach(c.config, model)) {
        assertArrayEquals(base, logits(model, method));
        assertEquals(c.config, method.config());
        assertTrue(method.trainableCount() > 0);
        stirred(method, 1);
        assertTrue(TinyModels.distance(base, logits(model, method)) > 1e-3);
        assertArrayEquals(base, logits(model, Adapter.NONE), "the base never changes");
      }
      assertEquals(before, NativeMemory.objects());
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void mergedIsTheTunedModel(Case c) {
    try (Model model = TinyModels.random(c.model);
        Method method = stirred(Methods.attach(c.config, model), 1)) {
      float[] tuned = logits(model, method);
      long before = NativeMemory.objects();
      try (Merged merged = Merged.of(method)) {
        double tolerance = method instanceof Full ? 0 : 2e-5;
        assertEquals(0, TinyModels.distance(tuned, logits(model, merged)), tolerance);
      }
      assertEquals(before, NativeMemory.objects());
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void everythingThatTrainsGetsAGradient(Case c) {
    try (Model model = TinyModels.random(c.model);
        Method method = stirred(Methods.attach(c.config, model), 1);
        Scope scope = Scope.open()) {
      model.logits(TinyModels.inputs(1, 2, 3), Pass.plain().with(method)).square().sum().backward();
      method
          .trainable()
          .forEach(
              (name, tensor) -> {
                Tensor gradient = tensor.grad();
                // A key's bias moves all scores of a query alike: softmax does not see it.
                boolean unseen = name.endsWith("k_proj.bias") || name.endsWith("key.bias");
                assertTrue(gradient != null, name);
                assertTrue(unseen || Objects.requireNonNull(gradient).abs().max().item() > 0, name);
              });
      model.parameters().forEach(p -> assertFalse(p.value().requiresGrad(), p.name()));
    }
  }

  @Test
  void switchingLeavesNoTrace() {
    try (Model model = TinyModels.gpt2();
        Method a = stirred(Lora.attach(ALL, model), 1);
        Method b = stirred(new Full(model), 2)) {
      float[] base = logits(model, Adapter.NONE);
      float[] first = logits(model, a);
      float[] second = logits(model, b);
      assertTrue(TinyModels.distance(first, second) > 1e-3);
      for (int i = 0; i < 3; i++) {
        assertArrayEquals(base, logits(model, Adapter.NONE));
        assertArrayEquals(first, logits(model, a));
        assertArrayEquals(second, logits(model, b));
        assertArrayEquals(first, logits(model, a));
      }
    }
  }

  @Test
  void twoThreadsWithTwoAdaptersGetTheirOwnAnswers() throws Exception {
    try (Model model = TinyModels.llama();
        Method a = stirred(Lora.attach(ALL, model), 1);
        Method b = stirred(Lora.attach(lora(List.of("q_proj"), List.of("norm")), model), 2);
        ExecutorService threads = Executors.newFixedThreadPool(3)) {
      List<Adapter> adapters = List.of(a, b, Adapter.NONE);
      List<float[]> solo = adapters.stream().map(x -> logits(model, x)).toList();
      List<Future<?>> runs = new ArrayList<>();
      for (int i = 0; i < adapters.size(); i++) {
        int at = i;
        Callable<Void> run =
            () -> {
              for (int n = 0; n < 50; n++) {
                assertArrayEquals(solo.get(at), logits(model, adapters.get(at)));
              }
              return null;
            };
        runs.add(threads.submit(run));
      }
      for (Future<?> run : runs) {
        run.get();
      }
    }
  }

  @Test
  void theConfigurationChoosesTheMethod() {
    try (Model model = TinyModels.llama();
        Method full = Methods.attach(FullConfig.defaults(), model);
        Method lora = Methods.attach(ALL, model)) {
      assertInstanceOf(Full.class, full);
      assertInstanceOf(Lora.class, lora);
      assertEquals(model.parameterCount(), full.trainableCount());
    }
  }
}
