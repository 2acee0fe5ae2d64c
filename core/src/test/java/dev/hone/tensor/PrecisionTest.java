package dev.hone.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class PrecisionTest {
  /** Half the distance between two neighbours in BF16, as a share of the larger. */
  private static final double HALF_STEP = 1.0 / (1 << 8);

  private static Tensor rounded(Tensor x) {
    return x.to(DType.BF16).to(DType.F32);
  }

  @Test
  void itHoldsUntilItIsClosed() {
    assertEquals(DType.F32, Precision.type());
    try (Precision outer = Precision.of(DType.BF16)) {
      try (Precision inner = Precision.of(DType.F32)) {
        assertEquals(DType.F32, Precision.type());
      }
      assertEquals(DType.BF16, Precision.type());
    }
    assertEquals(DType.F32, Precision.type());
    assertThrows(IllegalArgumentException.class, () -> Precision.of(DType.F16).close());
  }

  @Test
  void aProductOfRoundedNumbersIsRoundedOnce() {
    try (Scope scope = Scope.open();
        GradMode off = GradMode.off()) {
      Engine.seed(1);
      Tensor x = Tensors.normal(0, 1, 3, 40, 64);
      Tensor w = Tensors.normal(0, 1, 96, 64);
      Tensor bias = Tensors.normal(0, 1, 96);
      float[] exact = Functional.linear(rounded(x), rounded(w), rounded(bias)).toFloats();
      try (Precision bf16 = Precision.of(DType.BF16)) {
        Tensor y = Functional.linear(x, w, bias);
        assertEquals(DType.BF16, y.dtype());
        float[] actual = y.toFloats();
        for (int i = 0; i < exact.length; i++) {
          assertEquals(exact[i], actual[i], HALF_STEP * Math.abs(exact[i]) + 1e-4, "number " + i);
        }
        Tensor narrow = Tensor.packed(Narrow.of(w, DType.BF16));
        assertArrayEquals(actual, Functional.linear(x, narrow, bias).toFloats());
      }
    }
  }

  @Test
  void aWeightKeptInBf16IsUsedAsItLies() {
    try (Scope scope = Scope.open()) {
      Tensor values = Tensors.normal(0, 1, 6, 4).to(DType.BF16);
      Tensor packed = Tensor.packed(new Narrow(values));
      assertEquals(values.memory().address(), packed.to(DType.BF16).memory().address());
      assertArrayEquals(values.t().toFloats(), packed.t().to(DType.BF16).toFloats());
      assertArrayEquals(values.toFloats(), packed.dense().toFloats());
    }
  }

  @Test
  void whatManyProductsReadIsRoundedOnce() {
    try (Scope scope = Scope.open();
        Precision bf16 = Precision.of(DType.BF16)) {
      Tensor x = Tensors.normal(0, 1, 4);
      Tensor first = x.operand();
      assertSame(first, x.operand());
      try (GradMode off = GradMode.off()) {
        x.addInPlace(Tensors.ones(4), 1);
      }
      assertNotSame(first, x.operand());
      assertArrayEquals(x.to(DType.BF16).toFloats(), x.operand().toFloats());
      Tensor other = Tensors.normal(0, 1, 4);
      try (Scope inner = Scope.open()) {
        assertEquals(DType.BF16, other.operand().dtype());
      }
      assertArrayEquals(other.to(DType.BF16).toFloats(), other.operand().toFloats());
      Tensor leaf = Tensors.normal(0, 1, 4);
      assertTrue(!leaf.operand().requiresGrad());
      leaf.requiresGrad(true);
      assertTrue(leaf.operand().requiresGrad());
      Tensor ids = Tensors.arange(3);
      assertSame(ids, ids.operand());
    }
  }

  @Test
  void normsAndSoftmaxAreF32() {
    try (Scope scope = Scope.open();
        GradMode off = GradMode.off()) {
      Tensor x = Tensors.normal(0, 3, 5, 32).to(DType.BF16);
      Tensor wide = x.to(DType.F32);
      Tensor w = Tensors.normal(1, 1, 32);
      Tensor labels = Tensors.of(new long[] {1, 2, 3, 4, 5}, 5);
      List<java.util.function.Function<Tensor, Tensor>> operations =
          List.of(
              t -> Functional.rmsNorm(t, w, 1e-5),
              t -> Functional.layerNorm(t, w, w, 1e-5),
              t -> t.softmax(-1),
              t -> t.logSoftmax(-1),
              t -> Functional.crossEntropySum(t, labels, 0.1),
              t -> CrossEntropy.of(t, labels, 0, 1).gradient());
      for (var operation : operations) {
        assertTrue(operation.apply(wide).contentEquals(operation.apply(x)));
      }
    }
  }

  /** A computation and the leaves whose gradients it has. */
  private record Case(String name, List<Tensor> leaves, Supplier<Tensor> made) {
    /** What comes out, then the gradients. */
    List<float[]> numbers(boolean tape) {
      leaves.forEach(Tensor::clearGrad);
      List<float[]> all = new ArrayList<>();
      if (tape) {
        try (Tape open = Tape.open()) {
          Tensor y = made.get();
          all.add(y.toFloats());
          open.backward(y.square().sum());
        }
      } else {
        Tensor y = made.get();
        all.add(y.toFloats());
        y.square().sum().backward();
      }
      for (Tensor leaf : leaves) {
        Tensor gradient = Objects.requireNonNull(leaf.grad());
        assertEquals(DType.F32, gradient.dtype());
        all.add(gradient.toFloats());
      }
      return all;
    }

    @Override
    public String toString() {
      return name;
    }
  }

  private static Tensor leaf(long... shape) {
    return Tensors.normal(0, 1, shape).requiresGrad(true);
  }

  private static List<Case> made() {
    Engine.seed(2);
    Tensor x = leaf(2, 30, 64);
    Tensor w = leaf(96, 64);
    Tensor v = leaf(96, 64);
    Tensor bias = leaf(96);
    Tensor frozen = Tensors.normal(0, 1, 96, 64);
    Tensor packed = Tensor.packed(Nf4.of(frozen));
    Tensor a = leaf(8, 64);
    Tensor b = leaf(96, 8);
    Tensor norm = leaf(64);
    Tensor q = leaf(2, 4, 30, 16);
    Tensor k = leaf(2, 2, 30, 16);
    Tensor val = leaf(2, 2, 30, 16);
    Tensor all = leaf(2, 4, 30, 16);
    Tensor mask = leaf(1, 4, 30, 30);
    int width = QueryBlocks.SIZE + 50;
    Tensor longQ = leaf(1, 2, width, 8);
    Tensor longK = leaf(1, 2, width, 8);
    return List.of(
        new Case(
            "linears that share their input",
            List.of(x, w, v, bias, norm),
            () -> {
              Tensor in = Functional.rmsNorm(x, norm, 1e-5);
              return Functional.gatedSilu(
                  Functional.linear(in, w, bias), Functional.linear(in, v, null));
            }),
        new Case(
            "low rank", List.of(x, a, b), () -> Functional.lowRank(x, frozen, null, a, b, 0.3)),
        new Case(
            "low rank beside four bits",
            List.of(x, a, b),
            () -> Functional.lowRank(x, packed, null, a, b, 0.3)),
        new Case(
            "causal attention in groups",
            List.of(q, k, val),
            () -> Functional.scaledDotProductAttention(q, k, val, null, 0, true, null)),
        new Case(
            "attention with a mask that trains",
            List.of(q, all, mask),
            () -> Functional.scaledDotProductAttention(q, all, all, mask, 0, false, 0.2)),
        new Case("matmul", List.of(q, all), () -> Functional.matmul(q, all.t())),
        new Case(
            "attention in blocks",
            List.of(longQ, longK),
            () ->
                QueryBlocks.attention(
                    longQ.operand(),
                    longK.operand(),
                    longK.operand(),
                    (some, keys, values, from) ->
                        Functional.scaledDotProductAttention(
                            some, keys, values, null, 0, false, null))));
  }

  static Stream<Integer> numbersOfCases() {
    try (Scope scope = Scope.open()) {
      return Stream.iterate(0, i -> i + 1).limit(made().size());
    }
  }

  /** Forward and back, by hand and by the engine, near what F32 gives and in F32 as ever. */
  @ParameterizedTest
  @MethodSource("numbersOfCases")
  void forwardAndBackAreNearF32(int number) {
    try (Scope scope = Scope.open()) {
      Case c = made().get(number);
      List<float[]> expected = c.numbers(true);
      for (boolean tape : new boolean[] {true, false}) {
        List<float[]> actual;
        try (Precision bf16 = Precision.of(DType.BF16)) {
          actual = c.numbers(tape);
        }
        for (int i = 0; i < expected.size(); i++) {
          double error = relative(expected.get(i), actual.get(i));
          assertTrue(error > 1e-5 && error < 1e-2, c + ", result " + i + ": " + error);
        }
      }
      List<float[]> after = c.numbers(true);
      for (int i = 0; i < expected.size(); i++) {
        assertArrayEquals(expected.get(i), after.get(i), c + ", result " + i);
      }
    }
  }

  /** Length of the difference, as a share of the length. */
  private static double relative(float[] expected, float[] actual) {
    double difference = 0;
    double length = 0;
    for (int i = 0; i < expected.length; i++) {
      difference += Math.pow(expected[i] - actual[i], 2);
      length += Math.pow(expected[i], 2);
    }
    return Math.sqrt(difference / length);
  }

  @Test
  void otherMixturesAreRefusedAsBefore() {
    try (Scope scope = Scope.open()) {
      Tensor x = Tensors.zeros(DType.BF16, 2, 4);
      Tensor w = Tensors.zeros(3, 4);
      assertThrows(IllegalArgumentException.class, () -> Functional.linear(x, w, null));
      assertThrows(
          IllegalArgumentException.class,
          () -> Tensors.cat(List.of(x, Tensors.zeros(DType.I64, 2, 4)), 0));
      assertEquals(DType.F32, Tensors.cat(List.of(x, Tensors.zeros(2, 4)), 0).dtype());
    }
  }
}
