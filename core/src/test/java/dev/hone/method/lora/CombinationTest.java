package dev.hone.method.lora;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.TinyModels;
import dev.hone.data.Batch;
import dev.hone.error.HoneException;
import dev.hone.method.Full;
import dev.hone.method.Method;
import dev.hone.method.MethodCases;
import dev.hone.method.Stacked;
import dev.hone.model.Adapter;
import dev.hone.model.Model;
import dev.hone.model.Parameter;
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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Adapters made of adapters, of checkpoints, and of a look at data. */
class CombinationTest {
  private static Lora stirred(Map<String, Object> changes, Model model, long seed) {
    Lora lora = Lora.attach(MethodCases.lora(changes), model);
    stir(lora, seed);
    return lora;
  }

  private static void stir(Method method, long seed) {
    Engine.seed(seed);
    try (Scope scope = Scope.open();
        GradMode off = GradMode.off()) {
      method.trainable().values().forEach(t -> t.addInPlace(Tensors.normal(0, .1, t.shape()), 1));
    }
  }

  private static Combination of(Combination.Type type, double density) {
    return new Combination(type, 0, density, Combination.MajoritySign.TOTAL);
  }

  private static float[] logits(Model model, Adapter adapter) {
    try (Scope scope = Scope.open();
        GradMode off = GradMode.off()) {
      return model.logits(TinyModels.inputs(1, 2, 3, 4), Pass.plain().with(adapter)).toFloats();
    }
  }

  /** Sum of the weighted products, by hand. */
  private static void assertExact(Combination combination, Model model, Lora a, Lora b) {
    try (Lora both = combination.of(List.of(a, b), new double[] {0.7, -0.4}, model);
        Scope scope = Scope.open();
        GradMode off = GradMode.off()) {
      for (String place : both.places()) {
        Pair pair = Objects.requireNonNull(both.pairAt(place));
        Tensor expected = Tensors.zeros(pair.delta().shape());
        expected.addInPlace(own(a, place, expected), 0.7);
        expected.addInPlace(own(b, place, expected), -0.4);
        Tensor actual = pair.delta().mul(pair.scale());
        assertEquals(0, TinyModels.distance(expected.toFloats(), actual.toFloats()), 1e-4, place);
      }
    }
  }

  private static Tensor own(Lora lora, String place, Tensor like) {
    Pair pair = lora.pairAt(place);
    return pair == null ? Tensors.zeros(like.shape()) : pair.delta().mul(pair.scale());
  }

  @Test
  void catAddsTheProductsUp() {
    try (Model model = TinyModels.gpt2();
        Lora a = stirred(Map.of("targetModules", List.of("c_attn", "wte"), "rank", 2), model, 1);
        Lora b = stirred(Map.of("targetModules", List.of("c_attn", "c_fc")), model, 2)) {
      assertExact(of(Combination.Type.CAT, 1), model, a, b);
      Combination wide =
          new Combination(Combination.Type.SVD, 8, 1, Combination.MajoritySign.TOTAL);
      assertExact(wide, model, a, b);
    }
  }

  @Test
  void aStackIsTheSumOfItsAdapters() {
    try (Model model = TinyModels.gpt2();
        Lora a = stirred(Map.of("targetModules", List.of("c_attn", "wte")), model, 1);
        Lora b = stirred(Map.of("targetModules", List.of("c_attn", "c_fc")), model, 2);
        Lora dora = stirred(Map.of("dora", true), model, 3);
        Lora sum = of(Combination.Type.CAT, 1).of(List.of(a, b), new double[] {1, 1}, model)) {
      float[] stacked = logits(model, new Stacked(List.of(a, b)));
      assertEquals(0, TinyModels.distance(stacked, logits(model, sum)), 1e-4);
      assertTrue(TinyModels.distance(stacked, logits(model, a)) > 1e-3);
      assertRefused("added up", () -> new Stacked(List.of(a, dora)));
    }
  }

  @ParameterizedTest
  @EnumSource(Combination.Type.class)
  void everyWayGivesAnAdapterAndLeavesItsPartsAlone(Combination.Type type) {
    try (Model model = TinyModels.llama();
        Lora a = stirred(Map.of(), model, 1);
        Lora b = stirred(Map.of("alpha", 3.0), model, 2)) {
      float[] first = logits(model, a);
      long before = NativeMemory.objects();
      Engine.seed(3);
      try (Lora both = of(type, 0.5).of(List.of(a, b), new double[] {0.7, 0.4}, model)) {
        assertTrue(TinyModels.distance(first, logits(model, both)) > 1e-3);
      }
      assertEquals(before, NativeMemory.objects());
      assertEquals(0, TinyModels.distance(first, logits(model, a)));
    }
  }

  @Test
  void whatCannotBeCombinedIsRefused() {
    try (Model model = TinyModels.llama();
        Lora a = stirred(Map.of(), model, 1);
        Lora b = stirred(Map.of("rank", 2), model, 2);
        Lora dora = stirred(Map.of("dora", true), model, 3)) {
      double[] weights = {1, 1};
      Combination linear = of(Combination.Type.LINEAR, 1);
      assertRefused("different ranks", () -> linear.of(List.of(a, b), weights, model));
      assertRefused("DoRA", () -> linear.of(List.of(a, dora), weights, model));
      assertRefused("weights", () -> linear.of(List.of(a), weights, model));
    }
  }

  private static void assertRefused(String part, Runnable call) {
    HoneException refused = assertThrows(HoneException.class, call::run);
    assertTrue(String.valueOf(refused.getMessage()).contains(part), refused.getMessage());
  }

  // Out of two checkpoints

  /** The same model with another of its weights moved by a product of rank 2. */
  private static Model moved(Model base, String... names) {
    List<Parameter> parameters =
        base.parameters().stream()
            .map(
                p -> {
                  try (Scope scope = Scope.open()) {
                    Tensor value = p.value().copy().keep();
                    if (List.of(names).contains(p.name())) {
                      Tensor change =
                          Tensors.normal(0, .3, value.size(0), 2)
                              .matmul(Tensors.normal(0, .3, 2, value.size(1)));
                      value.addInPlace(change, 1);
                    }
                    return new Parameter(p.name(), value);
                  }
                })
            .toList();
    return new Model(
        base.architecture(),
        base.config(),
        base.backbone(),
        base.head(),
        parameters,
        base.linears(),
        base.fileNames(),
        base.made(),
        base.surplus(),
        base.newTokens(),
        null);
  }

  @Test
  void anAdapterComesOutOfTwoCheckpoints() {
    String attention = "transformer.h.0.attn.c_attn.weight";
    try (Model base = TinyModels.gpt2();
        Model tuned = moved(base, attention, "transformer.h.1.mlp.c_fc.weight")) {
      Extraction whole = Extraction.of(MethodCases.lora(Map.of("rank", 2)), base, tuned);
      try (Lora lora = whole.lora();
          Full full = new Full(base);
          Scope scope = Scope.open();
          GradMode off = GradMode.off()) {
        tuned
            .parameters()
            .forEach(
                p -> Objects.requireNonNull(full.trainable().get(p.name())).copyFrom(p.value()));
        assertEquals(0, whole.lost(), 1e-3);
        assertEquals(0, TinyModels.distance(logits(base, full), logits(base, lora)), 1e-4);
      }
      Extraction narrow = Extraction.of(MethodCases.lora(Map.of("rank", 1)), base, tuned);
      narrow.lora().close();
      assertTrue(narrow.lost() > 0.05 && narrow.lost() < 1, "lost " + narrow.lost());
      LoraConfig elsewhere = MethodCases.lora(Map.of("targetModules", List.of("c_proj")));
      assertRefused(attention, () -> Extraction.of(elsewhere, base, tuned));
    }
  }

  // Out of a look at data

  @Test
  void evaBeginsWithTheDirectionsOfTheInputs() {
    List<Batch> batches =
        List.of(
            Batch.of(TinyModels.rows(1, 8), 0),
            Batch.of(TinyModels.rows(2, 8), 0),
            Batch.of(TinyModels.rows(3, 8), 0));
    LoraConfig config =
        MethodCases.lora(
            Map.of(
                "start",
                LoraConfig.Start.EVA,
                "targetModules",
                List.of("q_proj", "k_proj", "down_proj")));
    try (Model model = TinyModels.llama()) {
      float[] base = logits(model, Adapter.NONE);
      long before = NativeMemory.objects();
      try (Lora lora = Lora.attach(config, model, () -> batches);
          Scope scope = Scope.open()) {
        assertEquals(0, TinyModels.distance(base, logits(model, lora)), "B is zero");
        long ranks = 0;
        for (String place : lora.places()) {
          Tensor a = Objects.requireNonNull(lora.pairAt(place)).a();
          ranks += a.size(0);
          Tensor products = a.matmul(a.t());
          assertEquals(
              0,
              TinyModels.distance(Tensors.eye(a.size(0)).toFloats(), products.toFloats()),
              1e-4,
              "directions are orthonormal");
        }
        assertEquals(6 * 4, ranks, "as many in all as were asked for");
        assertEquals(
            2.0, Objects.requireNonNull(lora.pairAt(lora.places().iterator().next())).scale());
      }
      assertEquals(before, NativeMemory.objects());
      assertRefused("eva", () -> Lora.attach(config, model));
    }
  }
}
