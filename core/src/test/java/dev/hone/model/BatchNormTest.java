package dev.hone.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import dev.hone.tensor.GradMode;
import dev.hone.tensor.Scope;
import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import org.junit.jupiter.api.Test;

/** Two rows whose mean is (2, 5) and whose variance is (1, 4), or (2, 8) as an estimate. */
class BatchNormTest {
  private static Parameter parameter(String name, boolean trains, float... values) {
    return new Parameter(name, Tensors.of(values, values.length), trains);
  }

  private static BatchNorm norm() {
    return new BatchNorm(
        parameter("n.weight", true, 1, 10),
        parameter("n.bias", true, 0, 1),
        parameter("n.running_mean", false, 1, 1),
        parameter("n.running_var", false, 4, 9));
  }

  private static Tensor rows(float... values) {
    return Tensors.of(values, values.length / 2, 2);
  }

  @Test
  void trainingMovesOnlyTheAdaptersOwnNumbers() {
    try (Scope scope = Scope.open();
        GradMode off = GradMode.off()) {
      BatchNorm norm = norm();
      Tensor mean = norm.mean().value().copy();
      Tensor variance = norm.variance().value().copy();
      Adapter own =
          new Adapter() {
            @Override
            public Tensor value(Parameter parameter) {
              return parameter == norm.mean()
                  ? mean
                  : parameter == norm.variance() ? variance : parameter.value();
            }
          };
      Tensor x = rows(1, 3, 3, 7);
      float[] bySelf = {-1, -9, 1, 11};
      assertArrayEquals(bySelf, norm.forward(x, Pass.plain().train(0)).toFloats(), 1e-4f);
      assertArrayEquals(new float[] {1, 1}, norm.mean().value().toFloats());

      assertArrayEquals(bySelf, norm.forward(x, Pass.plain().with(own).train(0)).toFloats(), 1e-4f);
      assertArrayEquals(new float[] {1.1f, 1.4f}, mean.toFloats(), 1e-6f);
      assertArrayEquals(new float[] {3.8f, 8.9f}, variance.toFloats(), 1e-6f);
      assertArrayEquals(new float[] {4, 9}, norm.variance().value().toFloats());
    }
  }

  @Test
  void otherwiseAndOfASingleRowTheRunningNumbersCount() {
    try (Scope scope = Scope.open();
        GradMode off = GradMode.off()) {
      BatchNorm norm = norm();
      float[] byAll = {0, 1 + 20 / 3f, 1, 21};
      assertArrayEquals(byAll, norm.forward(rows(1, 3, 3, 7), Pass.plain()).toFloats(), 1e-4f);
      float[] single = norm.forward(rows(3, 7), Pass.plain().train(0)).toFloats();
      assertArrayEquals(new float[] {1, 21}, single, 1e-4f);
    }
  }
}
