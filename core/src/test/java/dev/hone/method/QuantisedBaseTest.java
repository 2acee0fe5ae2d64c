package dev.hone.method;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.TinyModels;
import dev.hone.error.HoneException;
import dev.hone.method.MethodCases.Case;
import dev.hone.method.lora.LoraConfig;
import dev.hone.model.Linear;
import dev.hone.model.Model;
import dev.hone.model.Pass;
import dev.hone.model.Storage;
import dev.hone.model.family.Families;
import dev.hone.tensor.Engine;
import dev.hone.tensor.GradMode;
import dev.hone.tensor.Linalg;
import dev.hone.tensor.NativeMemory;
import dev.hone.tensor.Scope;
import dev.hone.tensor.Tape;
import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Adapters over a base of few bits (QLoRA, arXiv:2305.14314). */
class QuantisedBaseTest {
  @TempDir private Path folder;

  static Stream<Case> peft() {
    return MethodCases.peft();
  }

  private Path written(String config) {
    try (Model model = TinyModels.random(config)) {
      return TinyModels.write(folder.resolve("base"), config, model, UnaryOperator.identity());
    }
  }

  /** The same model with the numbers that quantisation has left, in F32. */
  private Model dequantised(String config, Model quantised) {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    try (Scope scope = Scope.open()) {
      quantised.parameters().forEach(p -> tensors.put(p.name(), p.value().dense()));
      return Families.load(TinyModels.write(folder.resolve("dense"), config, tensors));
    }
  }

  private record Learned(float[] logits, Map<String, float[]> gradients) {
    static Learned of(MethodConfig config, Model model) {
      Engine.seed(5);
      try (Method method = MethodTrial.stirred(Methods.attach(config, model), 3);
          Scope scope = Scope.open();
          Tape tape = Tape.open()) {
        Pass pass = Pass.plain().with(method);
        Tensor logits = model.logits(TinyModels.inputs(1, 2, 3, 4), pass);
        Engine.seed(6);
        tape.backward(logits, Tensors.normal(0, 1, logits.shape()));
        Map<String, float[]> gradients = new LinkedHashMap<>();
        method
            .trainable()
            .forEach(
                (name, leaf) -> {
                  Tensor gradient = leaf.grad();
                  gradients.put(name, gradient == null ? new float[0] : gradient.toFloats());
                });
        return new Learned(logits.toFloats(), gradients);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("peft")
  void gradientsAreThoseOverTheDequantisedBase(Case c) {
    Path base = written(c.model());
    try (Model quantised = Families.load(base, Storage.NF4);
        Model plain = dequantised(c.model(), quantised)) {
      Learned.of(c.config(), quantised); // whatever is made once is made
      long before = NativeMemory.objects();
      Learned actual = Learned.of(c.config(), quantised);
      assertEquals(before, NativeMemory.objects());
      Learned expected = Learned.of(c.config(), plain);
      assertClose(expected.logits(), actual.logits(), "logits");
      assertEquals(expected.gradients().keySet(), actual.gradients().keySet());
      expected
          .gradients()
          .forEach((n, g) -> assertClose(g, Objects.requireNonNull(actual.gradients().get(n)), n));
    }
  }

  /** To 1e-6 of the largest number. */
  private static void assertClose(float[] expected, float[] actual, String what) {
    float largest = 1;
    for (float each : expected) {
      largest = Math.max(largest, Math.abs(each));
    }
    assertArrayEquals(expected, actual, 1e-6f * largest, what);
  }

  @ParameterizedTest
  @MethodSource("peft")
  void theMergedModelComputesWhatTheAdapterDoes(Case c) {
    try (Model quantised = Families.load(written(c.model()), Storage.NF4);
        Method method = MethodTrial.stirred(Methods.attach(c.config(), quantised), 3);
        Merged merged = Merged.of(method)) {
      assertArrayEquals(
          MethodTrial.logits(quantised, method), MethodTrial.logits(quantised, merged), 1e-4f);
    }
  }

  @Test
  void fullTuningIsRefusedWhereAWeightIsQuantised() {
    try (Model model = Families.load(written(MethodCases.LLAMA), Storage.NF4)) {
      HoneException refused = assertThrows(HoneException.class, () -> new Full(model).close());
      assertTrue(refused.toString().contains("take method lora"), refused.toString());
      FullConfig norms = new FullConfig(FullConfig.Stored.F32, List.of("norms"), List.of());
      try (Full full = new Full(norms, model)) { // vectors are never quantised
        assertEquals(5, full.trainable().size());
      }
    }
  }

  @Test
  void loftqStartsFromTheBestPairForWhatRoundingLost() {
    LoraConfig config = MethodCases.lora(Map.of("start", LoraConfig.Start.LOFTQ));
    for (String tiny : List.of(MethodCases.LLAMA, MethodCases.GPT2)) {
      Path base = written(tiny);
      try (Model full = Families.load(base);
          Model quantised = Families.load(base, Storage.NF4);
          Method begun = Methods.attach(config, quantised);
          Merged merged = Merged.of(begun);
          Scope scope = Scope.open();
          GradMode off = GradMode.off()) {
        for (Linear linear : full.linears().values()) {
          Tensor moved = merged.values().get(linear.name() + ".weight");
          if (moved == null) {
            continue; // the head
          }
          Tensor weight = linear.weight().value();
          Linear rounded = Objects.requireNonNull(quantised.linears().get(linear.name()));
          Tensor lost = weight.sub(rounded.weight().value());
          float[] singular = Linalg.svd(lost).s().toFloats();
          double best = 0; // Eckart and Young: what no pair of rank 4 can reach
          for (int i = 4; i < singular.length; i++) {
            best += (double) singular[i] * singular[i];
          }
          assertEquals(Math.sqrt(best), Linalg.norm(weight.sub(moved)).item(), 1e-4);
          assertTrue(Math.sqrt(best) < 0.95 * Linalg.norm(lost).item());
        }
      }
    }
  }

  @Test
  void loftqNeedsAQuantisedBase() {
    LoraConfig config = MethodCases.lora(Map.of("start", LoraConfig.Start.LOFTQ));
    try (Model model = Families.load(written(MethodCases.LLAMA), Storage.BFLOAT16)) {
      HoneException refused =
          assertThrows(HoneException.class, () -> Methods.attach(config, model).close());
      assertTrue(refused.toString().contains("set dtype: nf4 or int8"), refused.toString());
    }
  }
}
