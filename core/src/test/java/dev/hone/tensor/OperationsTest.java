package dev.hone.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every operation against values worked out by hand. */
class OperationsTest {
  private static final double E = Math.E;

  private record Case(String name, Supplier<Tensor> made, String expected, double... values) {
    @Override
    public String toString() {
      return name;
    }
  }

  private static Case of(String name, Supplier<Tensor> made, String expected, double... values) {
    return new Case(name, made, expected, values);
  }

  /** [[1, -2, 3], [4, 0.5, -6]]. */
  private static Tensor x() {
    return Tensors.of(new float[] {1, -2, 3, 4, 0.5f, -6}, 2, 3);
  }

  private static Tensor row() {
    return Tensors.of(new float[] {10, 20, 30}, 3);
  }

  private static Tensor positive() {
    return Tensors.of(new float[] {1, 4, 9, 16}, 2, 2);
  }

  private static Tensor ids(long... values) {
    return Tensors.of(values, values.length);
  }

  static Stream<Case> cases() {
    return Stream.of(arithmetic(), comparison(), reductions(), shapes(), inPlace(), made(), nn())
        .flatMap(List::stream);
  }

  private static List<Case> arithmetic() {
    return List.of(
        of("add", () -> x().add(row()), "F32[2, 3]", 11, 18, 33, 14, 20.5, 24),
        of("add scaled", () -> x().add(row(), -0.1), "F32[2, 3]", 0, -4, 0, 3, -1.5, -9),
        of("add double", () -> row().add(0.5), "F32[3]", 10.5, 20.5, 30.5),
        of("add long", () -> ids(1, 2).add(3), "I64[2]", 4, 5),
        of("sub", () -> x().sub(row()), "F32[2, 3]", -9, -22, -27, -6, -19.5, -36),
        of("mul", () -> x().mul(row()), "F32[2, 3]", 10, -40, 90, 40, 10, -180),
        of("mul double", () -> row().mul(0.1), "F32[3]", 1, 2, 3),
        of("mul long", () -> ids(1, -2).mul(3), "I64[2]", 3, -6),
        of("div", () -> x().div(row()), "F32[2, 3]", .1, -.1, .1, .4, .025, -.2),
        of("neg", () -> x().neg(), "F32[2, 3]", -1, 2, -3, -4, -0.5, 6),
        of("abs", () -> x().abs(), "F32[2, 3]", 1, 2, 3, 4, 0.5, 6),
        of("exp", () -> Tensors.of(new float[] {0, 1, -1}, 3).exp(), "F32[3]", 1, E, 1 / E),
        of("log", () -> positive().log(), "F32[2, 2]", 0, 1.386294, 2.197225, 2.772589),
        of("cos", () -> Tensors.of(new float[] {0, 3.1415927f}, 2).cos(), "F32[2]", 1, -1),
        of("sin", () -> Tensors.of(new float[] {0, 1.5707963f}, 2).sin(), "F32[2]", 0, 1),
        of("sqrt", () -> positive().sqrt(), "F32[2, 2]", 1, 2, 3, 4),
        of("square", () -> x().square(), "F32[2, 3]", 1, 4, 9, 16, .25, 36),
        of("tanh", () -> Tensors.of(new float[] {0, 1}, 2).tanh(), "F32[2]", 0, 0.761594),
        of("matmul", () -> x().matmul(x().t()), "F32[2, 2]", 14, -15, -15, 52.25),
        of("matmul vector", () -> x().matmul(row()), "F32[2]", 60, -130),
        of(
            "matmul batched",
            () -> x().view(2, 1, 3).matmul(x().view(2, 3, 1)),
            "F32[2, 1, 1]",
            14,
            52.25));
  }

  private static List<Case> comparison() {
    return List.of(
        of("eq", () -> x().eq(0.5), "BOOL[2, 3]", 0, 0, 0, 0, 1, 0),
        of("lt", () -> x().lt(Tensors.full(1)), "BOOL[2, 3]", 0, 1, 0, 0, 1, 1),
        of("gt", () -> x().gt(Tensors.full(1)), "BOOL[2, 3]", 0, 0, 1, 1, 0, 0),
        of("and", () -> x().eq(3).and(x().gt(row())), "BOOL[2, 3]", 0, 0, 0, 0, 0, 0),
        of("and true", () -> x().eq(3).and(x().lt(row())), "BOOL[2, 3]", 0, 0, 1, 0, 0, 0),
        of("maskedFill", () -> row().maskedFill(row().eq(20), -1), "F32[3]", 10, -1, 30));
  }

  private static List<Case> reductions() {
    double s = 1 + E + E * E;
    return List.of(
        of("sum", () -> x().sum(), "F32[]", 0.5),
        of("sum axis", () -> x().sum(0), "F32[3]", 5, -1.5, -3),
        of("sum last axis", () -> x().sum(-1), "F32[2]", 2, -1.5),
        of("mean", () -> row().mean(), "F32[]", 20),
        of("max", () -> x().max(), "F32[]", 4),
        of("argmax", () -> x().argmax(-1), "I64[2]", 2, 0),
        of("cumsum", () -> x().cumsum(1), "F32[2, 3]", 1, -1, 2, 4, 4.5, -1.5),
        of(
            "softmax",
            () -> Tensors.of(new float[] {0, 1, 2}, 1, 3).softmax(-1),
            "F32[1, 3]",
            1 / s,
            E / s,
            E * E / s),
        of(
            "logSoftmax",
            () -> Tensors.of(new float[] {0, 1, 2}, 3).logSoftmax(0),
            "F32[3]",
            -Math.log(s),
            1 - Math.log(s),
            2 - Math.log(s)),
        of("sorted", () -> x().sortDescending()[0], "F32[2, 3]", 3, 1, -2, 4, .5, -6),
        of("sorted places", () -> x().sortDescending()[1], "I64[2, 3]", 2, 0, 1, 0, 1, 2));
  }

  private static List<Case> shapes() {
    return List.of(
        of("view", () -> x().view(3, -1), "F32[3, 2]", 1, -2, 3, 4, 0.5, -6),
        of("reshape", () -> x().t().reshape(6), "F32[6]", 1, 4, -2, .5, 3, -6),
        of("transpose", () -> x().transpose(0, -1), "F32[3, 2]", 1, 4, -2, .5, 3, -6),
        of("unsqueeze", () -> row().unsqueeze(-1), "F32[3, 1]", 10, 20, 30),
        of("squeeze", () -> row().unsqueeze(0).squeeze(0), "F32[3]", 10, 20, 30),
        of("expand", () -> row().expand(2, 3), "F32[2, 3]", 10, 20, 30, 10, 20, 30),
        of("narrow", () -> x().narrow(-1, 1, 2), "F32[2, 2]", -2, 3, 0.5, -6),
        of("select", () -> x().select(0, 1), "F32[3]", 4, 0.5, -6),
        of("indexSelect", () -> x().indexSelect(1, ids(2, 0)), "F32[2, 2]", 3, 1, -6, 4),
        of("gather", () -> x().gather(1, ids(2, 1).view(2, 1)), "F32[2, 1]", 3, .5),
        of("chunk", () -> x().chunk(3, 1)[2], "F32[2, 1]", 3, -6),
        of("cat", () -> Tensors.cat(List.of(row(), row()), 0), "F32[6]", 10, 20, 30, 10, 20, 30),
        of(
            "cat last",
            () -> Tensors.cat(List.of(x(), x().narrow(1, 0, 1)), -1),
            "F32[2, 4]",
            1,
            -2,
            3,
            1,
            4,
            .5,
            -6,
            4),
        of(
            "stack",
            () -> Tensors.stack(List.of(row(), row().neg()), -1),
            "F32[3, 2]",
            10,
            -10,
            20,
            -20,
            30,
            -30));
  }

  private static Tensor changed(java.util.function.Consumer<Tensor> change) {
    Tensor t = row();
    change.accept(t);
    return t;
  }

  private static List<Case> inPlace() {
    return List.of(
        of("copyFrom", () -> changed(t -> t.copyFrom(Tensors.ones(3))), "F32[3]", 1, 1, 1),
        of("addInPlace", () -> changed(t -> t.addInPlace(row(), .5)), "F32[3]", 15, 30, 45),
        of("mulInPlace", () -> changed(t -> t.mulInPlace(row())), "F32[3]", 100, 400, 900),
        of("mulInPlace double", () -> changed(t -> t.mulInPlace(.5)), "F32[3]", 5, 10, 15),
        of("fill", () -> changed(t -> t.fill(7)), "F32[3]", 7, 7, 7),
        of(
            "scatterInPlace",
            () -> changed(t -> t.scatterInPlace(ids(2, 0), Tensors.of(new float[] {1, 2}, 2))),
            "F32[3]",
            2,
            20,
            1));
  }

  private static List<Case> made() {
    return List.of(
        of("zeros", () -> Tensors.zeros(DType.I32, 2), "I32[2]", 0, 0),
        of("ones", () -> Tensors.ones(1, 2), "F32[1, 2]", 1, 1),
        of("full", () -> Tensors.full(2.5), "F32[]", 2.5),
        of("arange", () -> Tensors.arange(3), "I64[3]", 0, 1, 2),
        of("of nothing", () -> Tensors.of(new float[0], 0, 4), "F32[0, 4]"),
        of("to I64", () -> row().to(DType.I64), "I64[3]", 10, 20, 30),
        of("to BF16", () -> Tensors.full(1.00390625).to(DType.BF16), "BF16[]", 1),
        of("copy", () -> row().copy(), "F32[3]", 10, 20, 30),
        of("contiguous", () -> x().t().contiguous(), "F32[3, 2]", 1, 4, -2, .5, 3, -6));
  }

  private static List<Case> nn() {
    Supplier<Tensor> weight = () -> Tensors.of(new float[] {1, 0, 0, 1, 1, 1}, 2, 3);
    double norm = Math.sqrt(14 / 3.0 + 1e-5);
    double sd = Math.sqrt(200 / 3.0);
    double phi = 0.8413447461;
    return List.of(
        of("linear", () -> Functional.linear(x(), weight.get(), null), "F32[2, 2]", 1, 2, 4, -1.5),
        of(
            "linear with bias",
            () -> Functional.linear(x(), weight.get(), Tensors.of(new float[] {1, -1}, 2)),
            "F32[2, 2]",
            2,
            1,
            5,
            -2.5),
        of(
            "embedding",
            () -> Functional.embedding(x(), ids(1, 0).view(1, 2)),
            "F32[1, 2, 3]",
            4,
            .5,
            -6,
            1,
            -2,
            3),
        of(
            "layerNorm",
            () -> Functional.layerNorm(row(), Tensors.full(2, 3), Tensors.ones(3), 0),
            "F32[3]",
            1 - 20 / sd,
            1,
            1 + 20 / sd),
        of(
            "rmsNorm",
            () -> Functional.rmsNorm(x().select(0, 0), row(), 1e-5),
            "F32[3]",
            10 / norm,
            -40 / norm,
            90 / norm),
        of("silu", () -> Functional.silu(Tensors.of(new float[] {0, 1}, 2)), "F32[2]", 0, .7310586),
        of("relu", () -> Functional.relu(x()), "F32[2, 3]", 1, 0, 3, 4, 0.5, 0),
        of(
            "gelu",
            () -> Functional.gelu(Tensors.of(new float[] {1, -1}, 2)),
            "F32[2]",
            phi,
            phi - 1),
        of("geluTanh", () -> Functional.geluTanh(Tensors.ones(1)), "F32[1]", 0.8411920),
        of(
            "crossEntropySum",
            () -> Functional.crossEntropySum(Tensors.zeros(3, 4), ids(1, -100, 3), 0),
            "F32[]",
            2 * Math.log(4)),
        of(
            "crossEntropyMean",
            () -> Functional.crossEntropyMean(Tensors.zeros(3, 4), ids(1, -100, 3)),
            "F32[]",
            Math.log(4)),
        // 0.9 of the target and 0.1 spread over both classes: -0.95 log p0 - 0.05 log p1
        of(
            "smoothed",
            () -> Functional.crossEntropySum(Tensors.of(new float[] {1, 0}, 1, 2), ids(0), 0.1),
            "F32[]",
            Math.log(1 + E) - 0.95),
        of("no dropout", () -> Functional.dropout(row(), 0.5, false), "F32[3]", 10, 20, 30));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void givesTheValueWorkedOutByHand(Case c) {
    try (Scope scope = Scope.open()) {
      Tensor actual = c.made.get();
      assertEquals(c.expected, actual.describe());
      float[] values = actual.toFloats();
      float[] expected = new float[c.values.length];
      for (int i = 0; i < expected.length; i++) {
        expected[i] = (float) c.values[i];
      }
      assertArrayEquals(expected, values, 2e-5f);
    }
  }

  /** softmax(q kᵀ / sqrt(D)) v with plain loops, for a mask and for grouped keys. */
  @ParameterizedTest
  @MethodSource("attentions")
  void attentionFollowsItsFormula(String kind) {
    int heads = 4;
    int groups = kind.equals("grouped") ? 2 : 4;
    int t = 3;
    int s = kind.equals("masked") ? 5 : 3;
    int d = 2;
    Engine.seed(1);
    try (Scope scope = Scope.open()) {
      Tensor q = Tensors.normal(0, 1, 1, heads, t, d);
      Tensor k = Tensors.normal(0, 1, 1, groups, s, d);
      Tensor v = Tensors.normal(0, 1, 1, groups, s, d);
      boolean[][] sees = new boolean[t][s];
      float[] mask = new float[t * s];
      for (int i = 0; i < t; i++) {
        for (int j = 0; j < s; j++) {
          sees[i][j] = kind.equals("masked") ? (i + j) % 3 != 1 : j <= i;
          mask[i * s + j] = sees[i][j] ? 1 : 0;
        }
      }
      Tensor given = kind.equals("masked") ? Tensors.of(mask, 1, 1, t, s).to(DType.BOOL) : null;
      Double scale = kind.equals("scaled") ? Double.valueOf(0.3) : null;
      float[] actual =
          Functional.scaledDotProductAttention(q, k, v, given, 0, given == null, scale).toFloats();
      double factor = scale == null ? 1 / Math.sqrt(d) : scale;
      assertArrayEquals(
          attention(
              new float[][] {q.toFloats(), k.toFloats(), v.toFloats()},
              sees,
              heads / groups,
              heads,
              d,
              factor),
          actual,
          1e-5f);
    }
  }

  static List<String> attentions() {
    return List.of("causal", "masked", "grouped", "scaled");
  }

  private static float[] attention(
      float[][] qkv, boolean[][] sees, int share, int heads, int d, double factor) {
    int t = sees.length;
    int s = sees[0].length;
    float[] out = new float[heads * t * d];
    for (int h = 0; h < heads; h++) {
      for (int i = 0; i < t; i++) {
        double[] weights = new double[s];
        double sum = 0;
        for (int j = 0; j < s; j++) {
          double dot = 0;
          for (int c = 0; c < d; c++) {
            dot += qkv[0][(h * t + i) * d + c] * qkv[1][((h / share) * s + j) * d + c];
          }
          weights[j] = sees[i][j] ? Math.exp(dot * factor) : 0;
          sum += weights[j];
        }
        for (int j = 0; j < s; j++) {
          for (int c = 0; c < d; c++) {
            out[(h * t + i) * d + c] +=
                (float) (weights[j] / sum * qkv[2][((h / share) * s + j) * d + c]);
          }
        }
      }
    }
    return out;
  }
}
