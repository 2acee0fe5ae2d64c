package dev.hone.method.lora;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.TinyModels;
import dev.hone.data.Refused;
import dev.hone.error.HoneException;
import dev.hone.method.Bias;
import dev.hone.method.MethodCases;
import dev.hone.method.Methods;
import dev.hone.method.vera.VeraConfig;
import dev.hone.model.Adapter;
import dev.hone.model.Linear;
import dev.hone.model.Model;
import dev.hone.model.Pass;
import dev.hone.tensor.Engine;
import dev.hone.tensor.GradMode;
import dev.hone.tensor.NativeMemory;
import dev.hone.tensor.Scope;
import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LoraTest {
  private static final String Q0 = "model.layers.0.self_attn.q_proj";

  private static LoraConfig targets(String... targets) {
    return with(List.of(targets), List.of());
  }

  private static LoraConfig with(List<String> targets, List<String> saved) {
    return new LoraConfig(4, 8, 0, targets, false, saved, Map.of(), Map.of());
  }

  private static Set<String> adapted(LoraConfig config, Model model) {
    try (Lora lora = Lora.attach(config, model)) {
      return lora.trainable().keySet().stream()
          .filter(n -> n.endsWith(".lora_B.weight"))
          .map(n -> n.substring(Lora.PREFIX.length(), n.length() - ".lora_B.weight".length()))
          .collect(Collectors.toCollection(TreeSet::new));
    }
  }

  @Test
  void modulesAreChosenByNameEndingOrAll() {
    try (Model model = TinyModels.llama()) {
      assertEquals(Set.of(Q0), adapted(targets(Q0), model));
      assertEquals(Set.of(Q0), adapted(targets("0.self_attn.q_proj"), model));
      assertEquals(
          Set.of(Q0, "model.layers.1.self_attn.q_proj"), adapted(targets("q_proj"), model));
      Set<String> all = new TreeSet<>(model.linears().keySet());
      assertTrue(all.remove("lm_head"));
      assertEquals(all, adapted(targets("all-linear"), model));
      assertEquals(14, all.size());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"GPT2LMHeadModel", "GPT2ForSequenceClassification"})
  void allLinearLeavesEveryHeadOut(String architecture) {
    String config = TinyModels.gpt2Config("{'architectures': ['" + architecture + "']}");
    try (Model model = TinyModels.random(config)) {
      assertEquals(8, adapted(targets("all-linear"), model).size());
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"BertForSequenceClassification", "BertForTokenClassification", "BertForMaskedLM"})
  void allLinearLeavesAnEncodersHeadOut(String architecture) {
    try (Model model = TinyModels.bert(architecture)) {
      Set<String> adapted = adapted(targets("all-linear"), model);
      assertFalse(adapted.contains("classifier"));
      assertFalse(adapted.contains("cls.predictions.decoder"));
      assertTrue(adapted.contains("bert.encoder.layer.1.output.dense"));
    }
  }

  private static void assertRefused(LoraConfig config, Model model, String... parts) {
    long before = NativeMemory.objects();
    HoneException refused =
        assertThrows(HoneException.class, () -> Lora.attach(config, model).close());
    for (String part : parts) {
      assertTrue(String.valueOf(refused.getMessage()).contains(part), refused.getMessage());
    }
    assertEquals(before, NativeMemory.objects(), "what was made before the refusal is freed");
  }

  @Test
  void modulesThatAreNotThereAreRefused() {
    try (Model model = TinyModels.llama()) {
      assertRefused(targets("q_prj"), model, "q_prj", "did you mean 'q_proj'?");
      assertRefused(targets("q_proj", "proj"), model, "'proj'");
      assertRefused(targets(), model, "targetModules");
      assertRefused(with(List.of("q_proj"), List.of("lm_hed")), model, "modulesToSave", "lm_hed");
      LoraConfig broken =
          new LoraConfig(
              4, 8, 0, List.of("q_proj"), false, List.of(), Map.of("q_(proj", 2), Map.of());
      assertRefused(broken, model, "q_(proj", "pattern");
    }
  }

  @Test
  void biasesAreChosenInTheMethodsOwnWord() {
    LoraConfig lora = MethodCases.lora(Map.of("bias", Bias.VERA_ONLY));
    VeraConfig vera = MethodCases.changed(VeraConfig.defaults(), Map.of("bias", Bias.LORA_ONLY));
    try (Model model = TinyModels.llama()) {
      Refused.with("say lora_only", () -> Methods.attach(lora, model));
      Refused.with("say vera_only", () -> Methods.attach(vera, model));
    }
  }

  /** y = W x + s B (A x), by hand for one linear, with the scale that was asked for. */
  private static void assertScale(double scale, LoraConfig config, String module, int rank) {
    Engine.seed(4);
    try (Model model = TinyModels.llama();
        Lora lora = Lora.attach(config, model);
        Scope scope = Scope.open();
        GradMode off = GradMode.off()) {
      Tensor a = tensor(lora, module + ".lora_A.weight");
      Tensor b = tensor(lora, module + ".lora_B.weight");
      Linear linear = Objects.requireNonNull(model.linears().get(module));
      assertEquals(List.of((long) rank, linear.in()), List.of(a.size(0), a.size(1)));
      assertEquals(List.of(linear.out(), (long) rank), List.of(b.size(0), b.size(1)));
      b.copyFrom(Tensors.normal(0, 1, b.shape()));
      Tensor x = Tensors.normal(0, 1, 5, linear.in());
      Tensor expected =
          x.matmul(linear.weight().value().t()).add(x.matmul(a.t()).matmul(b.t()), scale);
      assertEquals(
          0,
          TinyModels.distance(expected.toFloats(), lora.linear(linear, x, Pass.plain()).toFloats()),
          1e-5);
    }
  }

  private static Tensor tensor(Lora lora, String name) {
    return Objects.requireNonNull(lora.trainable().get(Lora.PREFIX + name), name);
  }

  @Test
  void theScaleIsAlphaOverRankOrItsRoot() {
    assertScale(2, targets("q_proj"), Q0, 4);
    LoraConfig stable =
        new LoraConfig(4, 8, 0, List.of("q_proj"), true, List.of(), Map.of(), Map.of());
    assertScale(4, stable, Q0, 4);
  }

  @Test
  void patternsGiveModulesTheirOwnRankAndAlpha() {
    for (boolean stable : new boolean[] {false, true}) {
      LoraConfig config =
          new LoraConfig(
              4,
              8,
              0,
              List.of("q_proj", "v_proj", "down_proj"),
              stable,
              List.of(),
              Map.of("v_proj", 2, "layers.1.mlp.down_proj", 1),
              Map.of("layers.[01].self_attn.v_proj", 6.0));
      assertScale(stable ? 4 : 2, config, Q0, 4);
      assertScale(stable ? 6 / Math.sqrt(2) : 3, config, "model.layers.1.self_attn.v_proj", 2);
      assertScale(8, config, "model.layers.1.mlp.down_proj", 1);
      assertScale(stable ? 4 : 2, config, "model.layers.0.mlp.down_proj", 4);
    }
  }

  @Test
  void aStartsAsKaimingDoesAndBAtZero() {
    Engine.seed(1);
    try (Model model = TinyModels.llama();
        Lora lora = Lora.attach(targets("q_proj"), model);
        Scope scope = Scope.open()) {
      double bound = 1 / Math.sqrt(32);
      double largest = tensor(lora, Q0 + ".lora_A.weight").abs().max().item();
      assertTrue(largest <= bound && largest > 0.9 * bound, "largest " + largest);
      assertEquals(0, tensor(lora, Q0 + ".lora_B.weight").abs().max().item());
    }
  }

  @Test
  void dropoutOfTheAdapterIsForTrainingOnly() {
    LoraConfig config =
        new LoraConfig(4, 8, 0.5, List.of("q_proj"), false, List.of(), Map.of(), Map.of());
    try (Model model = TinyModels.llama();
        Lora lora = Lora.attach(config, model);
        Scope scope = Scope.open();
        GradMode off = GradMode.off()) {
      tensor(lora, Q0 + ".lora_B.weight").fill(1);
      Linear linear = Objects.requireNonNull(model.linears().get(Q0));
      Tensor x = Tensors.ones(1, 32);
      UnaryOperator<Pass> plain = pass -> pass;
      float[] first = lora.linear(linear, x, plain.apply(Pass.plain())).toFloats();
      assertEquals(0, TinyModels.distance(first, lora.linear(linear, x, Pass.plain()).toFloats()));
      // The model's own rate, here 0, does not switch the adapter's off.
      float[] training = lora.linear(linear, x, Pass.plain().train(0)).toFloats();
      assertTrue(TinyModels.distance(first, training) > 1e-3);
    }
  }

  /** Tied: the table is looked up in one place and multiplied with in the other. */
  @Test
  void ofATiedMatrixOnlyTheSavedSideChanges() {
    try (Model model = TinyModels.tiedLlama()) {
      String table = "model.embed_tokens.weight";
      try (Lora head = Lora.attach(with(List.of("q_proj"), List.of("lm_head")), model);
          Lora embeddings = Lora.attach(with(List.of("q_proj"), List.of("embed_tokens")), model)) {
        assertTrue(head.trainable().containsKey(Lora.PREFIX + "lm_head.weight"));
        assertFalse(head.trainable().containsKey(Lora.PREFIX + table));
        assertTrue(embeddings.trainable().containsKey(Lora.PREFIX + table));
        assertFalse(embeddings.trainable().containsKey(Lora.PREFIX + "lm_head.weight"));
        try (Scope scope = Scope.open();
            GradMode off = GradMode.off()) {
          tensor(head, "lm_head.weight").mulInPlace(2);
          tensor(embeddings, table).mulInPlace(2);
        }
        float[] base = states(model, Adapter.NONE);
        assertEquals(0, TinyModels.distance(base, states(model, head)));
        assertTrue(TinyModels.distance(base, states(model, embeddings)) > 1e-3);
        float[] scores = scores(model, Adapter.NONE);
        assertEquals(0, TinyModels.distance(scores, scores(model, embeddings)));
        assertTrue(TinyModels.distance(scores, scores(model, head)) > 1e-3);
      }
    }
  }

  private static float[] states(Model model, Adapter adapter) {
    try (Scope scope = Scope.open();
        GradMode off = GradMode.off()) {
      return model
          .backbone()
          .forward(TinyModels.inputs(1, 2), Pass.plain().with(adapter))
          .toFloats();
    }
  }

  /** The head alone, on states that no adapter touched. */
  private static float[] scores(Model model, Adapter adapter) {
    try (Scope scope = Scope.open();
        GradMode off = GradMode.off()) {
      return model
          .head()
          .logits(Tensors.ones(1, 1, 32), TinyModels.inputs(1), Pass.plain().with(adapter))
          .toFloats();
    }
  }
}
