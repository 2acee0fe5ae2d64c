package dev.hone.method;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.TinyEncoders;
import dev.hone.TinyModels;
import dev.hone.data.Batch;
import dev.hone.generate.GenerationConfig;
import dev.hone.generate.Generator;
import dev.hone.method.MethodCases.Case;
import dev.hone.method.bottleneck.BottleneckCases;
import dev.hone.model.Adapter;
import dev.hone.model.Inputs;
import dev.hone.model.KeyValueCache;
import dev.hone.model.Model;
import dev.hone.model.Pass;
import dev.hone.model.Storage;
import dev.hone.model.family.Families;
import dev.hone.tensor.DType;
import dev.hone.tensor.Engine;
import dev.hone.tensor.GradMode;
import dev.hone.tensor.NativeMemory;
import dev.hone.tensor.Precision;
import dev.hone.tensor.Scope;
import dev.hone.tensor.Tape;
import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every model and every method with products in BF16: near F32, and without a trace in it. */
class MixedPrecisionTest {
  @TempDir private Path folder;

  private static Inputs inputs() {
    Batch batch = Batch.of(TinyModels.rows(4, 3), 0);
    return Inputs.of(batch);
  }

  private static float[] logits(Model model, Adapter adapter) {
    try (Scope scope = Scope.open();
        GradMode off = GradMode.off()) {
      Inputs inputs = inputs();
      Tensor logits = model.logits(inputs, Pass.plain().with(adapter));
      Tensor mask = Objects.requireNonNull(inputs.mask());
      return logits.rank() == 3 && logits.size(1) == mask.size(1)
          ? logits.mul(mask.unsqueeze(-1)).toFloats()
          : logits.toFloats();
    }
  }

  /** What comes out and what goes back, with a gradient of random numbers. */
  private static Map<String, float[]> learned(Model model, Method method) {
    try (Scope scope = Scope.open();
        Tape tape = Tape.open()) {
      Tensor logits = model.logits(inputs(), Pass.plain().with(method));
      Engine.seed(6);
      Tensor gradient = Tensors.normal(0, 1, logits.shape());
      Tensor mask = Objects.requireNonNull(inputs().mask());
      boolean tokens = logits.rank() == 3 && logits.size(1) == mask.size(1);
      tape.backward(logits, tokens ? gradient.mul(mask.unsqueeze(-1)) : gradient);
      Map<String, float[]> numbers = new LinkedHashMap<>();
      method
          .trainable()
          .forEach(
              (name, leaf) -> {
                Tensor grad = leaf.grad();
                assertTrue(grad == null || grad.dtype() == DType.F32, name);
                numbers.put(name, grad == null ? new float[0] : grad.toFloats());
                leaf.clearGrad();
              });
      return numbers;
    }
  }

  /** Length of the difference, as a share of the length. */
  private static double relative(float[] expected, float[] actual) {
    assertEquals(expected.length, actual.length);
    double difference = 0;
    double length = 0;
    for (int i = 0; i < expected.length; i++) {
      difference += Math.pow(expected[i] - actual[i], 2);
      length += Math.pow(expected[i], 2);
    }
    return length == 0 ? Math.sqrt(difference) : Math.sqrt(difference / length);
  }

  /** All gradients as one vector: those of a single tensor may be nothing but rounding. */
  private static float[] joined(Map<String, float[]> numbers) {
    float[] all = new float[numbers.values().stream().mapToInt(n -> n.length).sum()];
    int at = 0;
    for (float[] some : numbers.values()) {
      System.arraycopy(some, 0, all, at, some.length);
      at += some.length;
    }
    return all;
  }

  static Stream<String> models() {
    return Stream.concat(TinyModels.writerConfigs().stream(), TinyEncoders.all().stream());
  }

  @ParameterizedTest(name = "{index}")
  @MethodSource("models")
  void everyFamilyGivesNearlyTheSame(String config) {
    try (Model model = TinyModels.random(config)) {
      float[] expected = logits(model, Adapter.NONE);
      float[] actual;
      try (Precision bf16 = Precision.of(DType.BF16)) {
        actual = logits(model, Adapter.NONE);
        assertArrayEquals(actual, logits(model, Adapter.NONE));
      }
      assertTrue(relative(expected, actual) < 5e-2, () -> "off by " + relative(expected, actual));
      assertTrue(relative(expected, actual) > 0, "nothing was rounded");
      assertArrayEquals(expected, logits(model, Adapter.NONE), "F32 is what it was");
    }
  }

  static Stream<Case> methods() {
    return Stream.concat(MethodCases.full(), AdapterMethodTest.cases());
  }

  private Method attached(Case c, Model model) {
    return BottleneckCases.attached(c.config(), model, folder.resolve("parts"));
  }

  @ParameterizedTest
  @MethodSource("methods")
  void everyMethodLearnsNearlyTheSame(Case c) {
    try (Model model = TinyModels.random(c.model());
        Method method = MethodTrial.stirred(attached(c, model), 3)) {
      float[] logits = logits(model, method);
      Map<String, float[]> expected = learned(model, method);
      try (Precision bf16 = Precision.of(DType.BF16)) {
        double off = relative(logits, logits(model, method));
        assertTrue(off > 0 && off < 3e-2, () -> "logits off by " + off);
        Map<String, float[]> first = learned(model, method);
        long before = NativeMemory.objects();
        Map<String, float[]> actual = learned(model, method);
        assertEquals(before, NativeMemory.objects());
        double apart = relative(joined(expected), joined(actual));
        // A ReLU's kink makes more of what rounding moves, and so do T5's unscaled scores.
        double most = c.model().equals(MethodCases.T5) ? 0.2 : 0.1;
        assertTrue(apart > 0 && apart < most, () -> c + ": gradients off by " + apart);
        first.forEach((name, g) -> assertArrayEquals(g, actual.get(name), name));
      }
      Map<String, float[]> after = learned(model, method);
      expected.forEach((name, g) -> assertArrayEquals(g, after.get(name), name));
    }
  }

  /** The base's own gradient in blocks, checkpoints and packed rows. */
  @ParameterizedTest
  @MethodSource("packable")
  void packedRowsAndCheckpointsGiveTheSame(Case c) {
    try (Model model = TinyModels.random(c.model());
        Method method = MethodTrial.stirred(Methods.attach(c.config(), model), 3);
        Precision bf16 = Precision.of(DType.BF16)) {
      Pass plain = Pass.plain().with(method).train(0);
      float[] expected = gradients(model, method, plain);
      for (Pass other : new Pass[] {plain.packing(), plain.checkpointing(3)}) {
        double apart = relative(expected, gradients(model, method, other));
        assertTrue(apart < 1e-2, () -> "off by " + apart);
      }
    }
  }

  static Stream<Case> packable() {
    return MethodTest.learning().filter(c -> c.name().matches("(full|lora|prefix) .*llama.*"));
  }

  private static float[] gradients(Model model, Method method, Pass pass) {
    try (Scope scope = Scope.open();
        Tape tape = Tape.open()) {
      Inputs inputs = inputs();
      Tensor hidden = model.backbone().forward(inputs, pass);
      Tensor mask = Objects.requireNonNull(inputs.mask()).unsqueeze(-1);
      tape.backward(hidden.mul(mask).square().sum());
      Map<String, float[]> numbers = new LinkedHashMap<>();
      method
          .trainable()
          .forEach(
              (name, leaf) -> {
                Tensor grad = leaf.grad();
                numbers.put(name, grad == null ? new float[0] : grad.toFloats());
                leaf.clearGrad();
              });
      return joined(numbers);
    }
  }

  /** Kept as BF16, and with a file's own BF16, the base computes what it does kept as F32. */
  @Test
  void howTheBaseIsKeptChangesNothing() {
    try (Model model = TinyModels.random(MethodCases.LLAMA)) {
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      Path file;
      try (Scope scope = Scope.open()) {
        model.parameters().forEach(p -> tensors.put(p.name(), p.value().to(DType.BF16)));
        file = TinyModels.write(folder.resolve("half"), MethodCases.LLAMA, tensors);
      }
      try (Precision bf16 = Precision.of(DType.BF16);
          Model wide = Families.load(file, Storage.FLOAT32);
          Model half = Families.load(file, Storage.BFLOAT16);
          Model auto = Families.load(file, Storage.AUTO)) {
        assertTrue(auto.weightBytes() < 0.6 * wide.weightBytes(), "auto keeps what is multiplied");
        try (Method ofWide = lora(wide);
            Method ofHalf = lora(half);
            Method ofAuto = lora(auto)) {
          assertArrayEquals(logits(wide, ofWide), logits(half, ofHalf));
          assertArrayEquals(logits(wide, ofWide), logits(auto, ofAuto));
          Map<String, float[]> expected = learned(wide, ofWide);
          learned(half, ofHalf).forEach((n, g) -> assertArrayEquals(expected.get(n), g, n));
        }
      }
    }
  }

  private static Method lora(Model model) {
    Engine.seed(5);
    return MethodTrial.stirred(Methods.attach(MethodCases.lora(Map.of()), model), 3);
  }

  @Test
  void loraOverFourBits() {
    Path base;
    try (Model model = TinyModels.random(MethodCases.LLAMA)) {
      base =
          TinyModels.write(
              folder.resolve("base"), MethodCases.LLAMA, model, UnaryOperator.identity());
    }
    try (Model model = Families.load(base, Storage.NF4);
        Method method = lora(model)) {
      float[] expected = joined(learned(model, method));
      try (Precision bf16 = Precision.of(DType.BF16)) {
        double apart = relative(expected, joined(learned(model, method)));
        assertTrue(apart > 0 && apart < 3e-2, () -> "gradients off by " + apart);
      }
    }
  }

  /** The cache holds keys and values as products take them. */
  @Test
  void theCacheIsHalfAsLargeAndChangesLittle() {
    try (Model model = TinyModels.llama();
        Precision bf16 = Precision.of(DType.BF16)) {
      try (KeyValueCache cache = new KeyValueCache(32);
          Scope scope = Scope.open();
          GradMode off = GradMode.off()) {
        Tensor whole = model.logits(TinyModels.inputs(3, 4, 5, 6), Pass.plain());
        Tensor ignored = model.logits(TinyModels.inputs(3, 4, 5), Pass.plain().with(cache));
        Tensor last = model.logits(TinyModels.inputs(6), Pass.plain().with(cache));
        assertEquals(DType.BF16, cache.prefix(4).dtype());
        float[] expected = whole.narrow(1, 3, 1).toFloats();
        assertTrue(relative(expected, last.toFloats()) < 1e-2);
      }
      int[] written =
          new Generator(model, Adapter.NONE)
              .continued(new int[] {3, 4, 5}, GenerationConfig.greedy(8), token -> false);
      assertEquals(8, written.length);
    }
  }
}
