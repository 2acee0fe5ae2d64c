package dev.hone.tensor;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A wrong shape is refused in Java, with the operation's name and the shapes. */
class ShapeErrorsTest {
  /** What is done to x = F32[2, 3]; {@code named} must stand in the message. */
  private record Case(String operation, String named, UnaryOperator<Tensor> wrong) {
    @Override
    public String toString() {
      return operation + " " + named;
    }
  }

  private static Case of(String operation, String named, UnaryOperator<Tensor> wrong) {
    return new Case(operation, named, wrong);
  }

  private static Tensor ids(long... values) {
    return Tensors.of(values, values.length);
  }

  private static Tensor zeros(long... shape) {
    return Tensors.zeros(shape);
  }

  private static Tensor done(Runnable run, Tensor t) {
    run.run();
    return t;
  }

  static Stream<Case> cases() {
    return Stream.of(pairs(), axes(), tables()).flatMap(List::stream);
  }

  private static List<Case> pairs() {
    return List.of(
        of("add", "F32[4]", x -> x.add(Tensors.zeros(4))),
        of("add", "F32[4]", x -> x.add(Tensors.zeros(4), 2)),
        of("sub", "F32[3, 2]", x -> x.sub(Tensors.zeros(3, 2))),
        of("mul", "F32[4]", x -> x.mul(Tensors.zeros(4))),
        of("div", "F32[4]", x -> x.div(Tensors.zeros(4))),
        of("lt", "F32[4]", x -> x.lt(Tensors.zeros(4))),
        of("gt", "F32[4]", x -> x.gt(Tensors.zeros(4))),
        of("and", "F32[4]", x -> x.and(Tensors.zeros(4))),
        of("maskedFill", "BOOL[4]", x -> x.maskedFill(Tensors.zeros(DType.BOOL, 4), 1)),
        of("maskedFill", "F32[3]", x -> x.maskedFill(Tensors.zeros(3), 1)),
        of("matmul", "F32[2, 3]", x -> x.matmul(x)),
        of("matmul", "F32[]", x -> x.matmul(Tensors.full(1))),
        of("matmul", "F32[]", x -> Tensors.full(1).matmul(x)),
        of("matmul", "I64[3]", x -> x.matmul(ids(1, 2, 3))),
        of(
            "matmul",
            "F32[5, 3, 2]",
            x -> x.view(2, 1, 3).matmul(Tensors.zeros(5, 3, 2))), // leading axes 2 and 5
        of("copyFrom", "F32[3]", x -> done(() -> x.copyFrom(Tensors.zeros(3)), x)),
        of("addInPlace", "F32[4]", x -> done(() -> x.addInPlace(Tensors.zeros(4), 1), x)),
        of("addInPlace", "F32[5, 2, 3]", x -> done(() -> x.addInPlace(zeros(5, 2, 3), 1), x)),
        of("mulInPlace", "F32[5, 2, 3]", x -> done(() -> x.mulInPlace(zeros(5, 2, 3)), x)),
        of("mulInPlace", "F32[4]", x -> done(() -> x.mulInPlace(Tensors.zeros(4)), x)),
        of("backward", "F32[2, 3]", x -> done(x::backward, x)),
        of("backward", "F32[3]", x -> done(() -> x.backward(Tensors.zeros(3)), x)),
        of("item", "F32[2, 3]", x -> done(x::item, x)),
        of("memory", "F32[3, 2]", x -> done(() -> x.t().memory(), x)));
  }

  private static List<Case> axes() {
    return List.of(
        of("size", "axis 2", x -> done(() -> x.size(2), x)),
        of("sum", "axis -3", x -> x.sum(-3)),
        of("argmax", "axis 2", x -> x.argmax(2)),
        of("cumsum", "axis 2", x -> x.cumsum(2)),
        of("softmax", "axis 2", x -> x.softmax(2)),
        of("logSoftmax", "axis 2", x -> x.logSoftmax(2)),
        of("transpose", "axis 2", x -> x.transpose(0, 2)),
        of("transpose", "F32[3]", x -> x.select(0, 0).t()),
        of("unsqueeze", "axis 3", x -> x.unsqueeze(3)),
        of("unsqueeze", "axis -4", x -> x.unsqueeze(-4)),
        of("squeeze", "axis 2", x -> x.squeeze(2)),
        of("squeeze", "length 1", x -> x.squeeze(0)),
        of("view", "[4]", x -> x.view(4)),
        of("view", "[-1, -1]", x -> x.view(-1, -1)),
        of("view", "[-2, -3]", x -> x.view(-2, -3)),
        of("view", "[6]", x -> x.t().view(6)),
        of("reshape", "[4, -1]", x -> x.reshape(4, -1)),
        of("expand", "[2, 4]", x -> x.expand(2, 4)),
        of("expand", "[3]", x -> x.expand(3)),
        of("narrow", "2..4", x -> x.narrow(1, 2, 2)),
        of("narrow", "axis 2", x -> x.narrow(2, 0, 1)),
        of("select", "2..3", x -> x.select(0, 2)),
        of("indexSelect", "axis 2", x -> x.indexSelect(2, ids(0))),
        of("indexSelect", "I64[1, 1]", x -> x.indexSelect(0, ids(0).view(1, 1))),
        of("indexSelect", "F32[1]", x -> x.indexSelect(0, Tensors.zeros(1))),
        of("indexSelect", "0..1", x -> x.indexSelect(0, ids(0, 2))),
        of("gather", "I64[1]", x -> x.gather(0, ids(0))),
        of("gather", "F32[1, 1]", x -> x.gather(0, Tensors.zeros(1, 1))),
        of("gather", "I64[3, 1]", x -> x.gather(1, ids(0, 0, 0).view(3, 1))),
        of("gather", "0..2", x -> x.gather(1, ids(0, 3).view(2, 1))),
        of("chunk", "axis 1", x -> x.chunk(2, 1)[0]),
        of("chunk", "axis 2", x -> x.chunk(1, 2)[0]),
        of("chunk", "0 equal pieces", x -> x.chunk(0, 1)[0]),
        of(
            "scatterInPlace",
            "I64[2]",
            x -> done(() -> x.scatterInPlace(ids(0, 1), Tensors.zeros(2)), x)),
        of(
            "scatterInPlace",
            "I64[1, 2]",
            x -> done(() -> x.scatterInPlace(ids(0, 1).view(1, 2), zeros(1, 1)), x)),
        of("max", "F32[0]", x -> Tensors.zeros(0).max()),
        of("argmax", "F32[2, 0]", x -> Tensors.zeros(2, 0).argmax(1)),
        of("sortDescending", "F32[]", x -> Tensors.full(1).sortDescending()[0]),
        of("cat", "F32[2, 4]", x -> Tensors.cat(List.of(x, Tensors.zeros(2, 4)), 0)),
        of("cat", "axis 2", x -> Tensors.cat(List.of(x, x), 2)),
        of("cat", "no tensors", x -> Tensors.cat(List.of(), 0)),
        of("stack", "F32[3, 2]", x -> Tensors.stack(List.of(x, x.t()), 0)),
        of("stack", "axis 3", x -> Tensors.stack(List.of(x), 3)),
        of("values", "[3]", x -> Tensors.of(new float[] {1, 2}, 3)),
        of("values", "[-1, -2]", x -> Tensors.of(new float[] {1, 2}, -1, -2)),
        of("zeros", "[-1]", x -> Tensors.zeros(-1)),
        of("arange", "-1", x -> Tensors.arange(-1)));
  }

  private static List<Case> tables() {
    return List.of(
        of("linear", "F32[4, 2]", x -> Functional.linear(x, zeros(4, 2), null)),
        of("linear", "F32[3]", x -> Functional.linear(x, zeros(4, 3), zeros(3))),
        of("linear", "F32[]", x -> Functional.linear(Tensors.full(1), x, null)),
        of("linear", "F32[4, 1]", x -> Functional.linear(x, zeros(4, 3), zeros(4, 1))),
        of("embedding", "F32[1]", x -> Functional.embedding(x, zeros(1))),
        of("embedding", "ids 0..1", x -> Functional.embedding(x, ids(0, 2))),
        of("embedding", "ids 0..1", x -> Functional.embedding(x, ids(-1))),
        of("layerNorm", "F32[2]", x -> Functional.layerNorm(x, zeros(2), null, 1e-5)),
        of("layerNorm", "F32[2]", x -> Functional.layerNorm(x, zeros(3), zeros(2), 1e-5)),
        of("layerNorm", "F32[1, 3]", x -> Functional.layerNorm(x, zeros(1, 3), null, 1e-5)),
        of("rmsNorm", "F32[2]", x -> Functional.rmsNorm(x, zeros(2), 1e-5)),
        of("rmsNorm", "F32[]", x -> Functional.rmsNorm(Tensors.full(1), null, 1e-5)),
        of("crossEntropy", "I64[3]", x -> Functional.crossEntropyMean(x, ids(0, 1, 2))),
        of("crossEntropy", "F32[2]", x -> Functional.crossEntropyMean(x, zeros(2))),
        of("crossEntropy", "labels 0..2", x -> Functional.crossEntropySum(x, ids(0, 3), 0)),
        of("crossEntropy", "labels 0..2", x -> Functional.crossEntropySum(x, ids(0, -1), 0)),
        of("attention", "F32[1, 2, 4, 8]", x -> attend(x, zeros(1, 2, 4, 8))),
        of("attention", "F32[1, 3, 4, 6]", x -> attend(zeros(1, 2, 3, 6), zeros(1, 3, 4, 6))),
        of("attention", "F32[2, 2, 4, 6]", x -> attend(zeros(1, 2, 3, 6), zeros(2, 2, 4, 6))),
        of(
            "attention",
            "F32[1, 2, 5, 6]",
            x ->
                Functional.scaledDotProductAttention(
                    zeros(1, 2, 3, 6), zeros(1, 2, 4, 6), zeros(1, 2, 5, 6), null, 0, false, null)),
        of(
            "attention",
            "BOOL[3, 5]",
            x ->
                Functional.scaledDotProductAttention(
                    zeros(1, 2, 3, 6),
                    zeros(1, 2, 4, 6),
                    zeros(1, 2, 4, 6),
                    Tensors.zeros(DType.BOOL, 3, 5),
                    0,
                    false,
                    null)),
        of(
            "attention",
            "causal",
            x ->
                Functional.scaledDotProductAttention(
                    zeros(1, 2, 3, 6),
                    zeros(1, 2, 3, 6),
                    zeros(1, 2, 3, 6),
                    Tensors.zeros(DType.BOOL, 3, 3),
                    0,
                    true,
                    null)));
  }

  private static Tensor attend(Tensor q, Tensor k) {
    return Functional.scaledDotProductAttention(q, k, k, null, 0, false, null);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void isRefusedInJava(Case c) {
    try (Scope scope = Scope.open()) {
      Tensor x = Tensors.of(new float[] {1, -2, 3, 4, 0.5f, -6}, 2, 3);
      var refused = assertThrows(IllegalArgumentException.class, () -> c.wrong.apply(x));
      String message = String.valueOf(refused.getMessage());
      assertTrue(message.contains(c.operation), message);
      assertTrue(message.contains(c.named), message);
    }
  }
}
