package dev.hone.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class PackingTest {
  static Stream<Function<Tensor, Packing>> packings() {
    return Stream.of(
        w -> Narrow.of(w, DType.BF16), w -> Narrow.of(w, DType.F16), Int8::of, Nf4::of);
  }

  /** The number below which a normal distribution has this share, by halving an interval. */
  private static double quantile(double share) {
    double low = -10;
    double high = 10;
    for (int i = 0; i < 200; i++) {
      double middle = (low + high) / 2;
      if (below(middle) < share) {
        low = middle;
      } else {
        high = middle;
      }
    }
    return low;
  }

  /** Simpson's rule over the density. */
  private static double below(double x) {
    int steps = 2000;
    double step = x / steps;
    double sum = 0;
    for (int i = 0; i <= steps; i++) {
      double at = i * step;
      int weight = i == 0 || i == steps ? 1 : i % 2 == 1 ? 4 : 2;
      sum += weight * Math.exp(-at * at / 2);
    }
    return 0.5 + sum * step / 3 / Math.sqrt(2 * Math.PI);
  }

  /**
   * QLoRA's definition: quantiles at equal steps from the outermost share to one half, 8 above zero
   * and 7 below, zero itself, all divided by the largest.
   */
  private static double[] quantiles() {
    double outermost = 1 - (1 / 30.0 + 1 / 32.0) / 2;
    double[] values = new double[16];
    double largest = quantile(outermost);
    for (int i = 0; i < 8; i++) {
      values[i] = quantile(outermost + (0.5 - outermost) * i / 8) / largest;
    }
    for (int i = 0; i < 7; i++) {
      values[8 + i] = -quantile(outermost + (0.5 - outermost) * i / 7) / largest;
    }
    Arrays.sort(values);
    return values;
  }

  @Test
  void fourBitsNameTheQuantilesOfANormalDistribution() {
    float[] fine = new float[64 * 64];
    for (int i = 0; i < fine.length; i++) {
      fine[i] = i % 64 == 0 ? 1 : -1 + 2f * i / fine.length; // each block's largest is 1
    }
    try (Scope scope = Scope.open()) {
      float[] seen = Nf4.of(Tensors.of(fine, 64, 64)).dense().toFloats();
      double[] expected = quantiles();
      float[] distinct = distinct(seen);
      assertEquals(16, distinct.length);
      for (int i = 0; i < 16; i++) {
        assertEquals(expected[i], distinct[i], 2e-6);
      }
      for (int i = 0; i < fine.length; i++) {
        double nearest = Double.MAX_VALUE;
        for (double value : expected) {
          nearest = Math.min(nearest, Math.abs(value - fine[i]));
        }
        assertEquals(nearest, Math.abs(seen[i] - fine[i]), 2e-6);
      }
    }
  }

  private static float[] distinct(float[] values) {
    float[] sorted = values.clone();
    Arrays.sort(sorted);
    int n = 0;
    for (float value : sorted) {
      if (n == 0 || value != sorted[n - 1]) {
        sorted[n++] = value;
      }
    }
    return Arrays.copyOf(sorted, n);
  }

  /**
   * A number moves by half the widest gap of the quantiles times its block's largest number, and
   * that one in turn by half the widest gap of the 8-bit numbers (0.9 / 64) times the group's.
   */
  @Test
  void doubleQuantisationMovesNoNumberFurtherThanItsBound() {
    Engine.seed(3);
    try (Scope scope = Scope.open()) {
      Tensor w = Tensors.normal(0, 0.1, 300, 192);
      w.mulInPlace(Tensors.uniform(0.1, 3, 300, 1));
      float[] before = w.toFloats();
      float[] after = Nf4.of(w).dense().toFloats();
      float[] largest = new float[before.length / 64];
      for (int i = 0; i < before.length; i++) {
        largest[i / 64] = Math.max(largest[i / 64], Math.abs(before[i]));
      }
      double mean = 0;
      for (float each : largest) {
        mean += (double) each / largest.length;
      }
      double gap = 1 - 0.6961928;
      double error = 0;
      for (int i = 0; i < before.length; i++) {
        int block = i / 64;
        double group = 0;
        for (int b = block / 256 * 256;
            b < Math.min(largest.length, block / 256 * 256 + 256);
            b++) {
          group = Math.max(group, Math.abs(largest[b] - mean));
        }
        double moved = 0.9 / 64 / 2 * group;
        double bound = gap / 2 * largest[block] + moved * 1.01 + 1e-6;
        double distance = Math.abs(after[i] - before[i]);
        assertTrue(distance <= bound, () -> "moved by " + distance + ", bound " + bound);
        error += Math.abs(after[i] - before[i]) / Math.abs(before.length);
      }
      assertTrue(error > 0);
    }
  }

  @Test
  void aByteNamesWholeSharesOfTheRowsLargest() {
    Engine.seed(4);
    try (Scope scope = Scope.open()) {
      Tensor w = Tensors.normal(0, 1, 20, 33);
      float[] before = w.toFloats();
      float[] after = Int8.of(w).dense().toFloats();
      for (int r = 0; r < 20; r++) {
        double largest = 0;
        for (int c = 0; c < 33; c++) {
          largest = Math.max(largest, Math.abs(before[r * 33 + c]));
        }
        for (int c = 0; c < 33; c++) {
          int at = r * 33 + c;
          assertEquals(Math.rint(before[at] / largest * 127) * largest / 127, after[at], 1e-6);
        }
      }
      Tensor whole = Tensors.of(new float[] {127, -3, 0, 0, 0, 0}, 2, 3);
      assertArrayEquals(whole.toFloats(), Int8.of(whole).dense().toFloats());
    }
  }

  @ParameterizedTest
  @MethodSource("packings")
  void zerosStayZeros(Function<Tensor, Packing> packing) {
    try (Scope scope = Scope.open()) {
      assertArrayEquals(new float[5 * 70], packing.apply(Tensors.zeros(5, 70)).dense().toFloats());
    }
  }

  @Test
  void theyTakeTheBytesThatTheyPromise() {
    try (Scope scope = Scope.open()) {
      Tensor w = Tensors.normal(0, 1, 512, 1024);
      long n = w.numel();
      assertEquals(2 * n, Tensor.packed(Narrow.of(w, DType.BF16)).bytes());
      assertEquals(n + 512 * 4, Tensor.packed(Int8.of(w)).bytes());
      assertEquals(n / 2 + n / 64 + 4 * n / (64 * 256) + 4, Tensor.packed(Nf4.of(w)).bytes());
      assertEquals(4 * n, w.bytes());
    }
  }

  @ParameterizedTest
  @MethodSource("packings")
  void everyUseSeesTheSameNumbers(Function<Tensor, Packing> packing) {
    Engine.seed(5);
    for (long columns : new long[] {64, 128, 37}) { // a row of 37 shares its blocks with others
      try (Scope scope = Scope.open();
          GradMode off = GradMode.off()) {
        Packing packed = packing.apply(Tensors.normal(0, 1, 50, columns));
        Tensor w = Tensor.packed(packed);
        Tensor dense = packed.dense();
        assertArrayEquals(new long[] {50, columns}, w.shape());
        assertEquals(DType.F32, w.dtype());
        assertTrue(w.isPacked());
        assertFalse(w.isContiguous());
        assertTrue(w.contentEquals(dense));
        assertTrue(w.t().contentEquals(dense.t()));
        assertTrue(w.t().t().contentEquals(dense));
        assertTrue(w.copy().contentEquals(dense));
        assertTrue(w.contiguous().contentEquals(dense));
        assertArrayEquals(dense.toFloats(), w.toFloats());
        Tensor x = Tensors.normal(0, 1, 3, columns);
        Tensor y = Functional.linear(x, dense, null);
        assertTrue(Functional.linear(x, w, null).contentEquals(y));
        Tensor back = Functional.linear(y, dense.t(), null);
        assertTrue(Functional.linear(y, w.t(), null).contentEquals(back));
        Tensor ids = Tensors.of(new long[] {49, 0, 7, 7}, 2, 2);
        assertTrue(Functional.embedding(w, ids).contentEquals(Functional.embedding(dense, ids)));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("packings")
  void nothingStaysOfAProductButItsResult(Function<Tensor, Packing> packing) {
    assumeTrue(NativeMemory.counts());
    try (Scope scope = Scope.open()) {
      Tensor w = Tensor.packed(packing.apply(Tensors.normal(0, 1, 80, 64)));
      Tensor dense = w.dense();
      Tensor x = Tensors.normal(0, 1, 3, 64).requiresGrad(true);
      Tensor a = Tensors.normal(0, 1, 4, 64).requiresGrad(true);
      Tensor b = Tensors.normal(0, 1, 80, 4).requiresGrad(true);
      try (Tape warm = Tape.open()) {
        Functional.lowRank(x, dense, null, a, b, 2);
      }
      assertEquals(made(x, dense, a, b), made(x, w, a, b));
    }
  }

  /** Native objects after a recorded product. */
  private static long made(Tensor x, Tensor w, Tensor a, Tensor b) {
    long before = NativeMemory.objects();
    try (Scope scope = Scope.open();
        Tape tape = Tape.open()) {
      Functional.lowRank(x, w, null, a, b, 2);
      return NativeMemory.objects() - before;
    }
  }

  @ParameterizedTest
  @MethodSource("packings")
  void gradientsAreThoseOfTheDenseForm(Function<Tensor, Packing> packing) {
    Engine.seed(6);
    try (Scope scope = Scope.open()) {
      Tensor w = Tensor.packed(packing.apply(Tensors.normal(0, 1, 80, 64)));
      Tensor x = Tensors.normal(0, 1, 3, 64);
      Tensor a = Tensors.normal(0, 1, 4, 64);
      Tensor b = Tensors.normal(0, 1, 80, 4);
      List<float[]> packed = gradients(x, w, a, b);
      List<float[]> plain = gradients(x, w.dense(), a, b);
      for (int i = 0; i < 3; i++) {
        assertArrayEquals(plain.get(i), packed.get(i), 1e-6f);
      }
    }
  }

  private static List<float[]> gradients(Tensor x, Tensor w, Tensor a, Tensor b) {
    try (Scope scope = Scope.open();
        Tape tape = Tape.open()) {
      List<Tensor> leaves = Stream.of(x, a, b).map(t -> t.copy().requiresGrad(true)).toList();
      Tensor y = Functional.lowRank(leaves.get(0), w, null, leaves.get(1), leaves.get(2), 2);
      tape.backward(y, Tensors.full(0.5, y.shape()));
      return leaves.stream()
          .map(t -> java.util.Objects.requireNonNull(t.grad()).toFloats())
          .toList();
    }
  }

  @ParameterizedTest
  @MethodSource("packings")
  void nothingWritesToThemOrTrainsThem(Function<Tensor, Packing> packing) {
    try (Scope scope = Scope.open()) {
      Tensor w = Tensor.packed(packing.apply(Tensors.ones(4, 64)));
      assertThrows(IllegalArgumentException.class, () -> w.requiresGrad(true));
      assertThrows(IllegalArgumentException.class, () -> w.addInPlace(Tensors.ones(4, 64), 1));
      assertThrows(IllegalArgumentException.class, () -> w.mulInPlace(2));
      assertThrows(IllegalArgumentException.class, () -> w.fill(0));
      assertThrows(IllegalArgumentException.class, () -> w.copyFrom(Tensors.ones(4, 64)));
    }
  }

  @ParameterizedTest
  @MethodSource("packings")
  void theyLiveAndEndAsOne(Function<Tensor, Packing> packing) {
    long before = NativeMemory.objects();
    Tensor w;
    try (Scope scope = Scope.open()) {
      w = Tensor.packed(packing.apply(Tensors.ones(4, 64))).keep();
    }
    try (Scope scope = Scope.open()) {
      assertEquals(1, w.t().dense().select(0, 3).select(0, 2).item(), 1e-6);
    }
    w.close();
    assertTrue(w.isClosed());
    assertEquals(before, NativeMemory.objects());
  }
}
