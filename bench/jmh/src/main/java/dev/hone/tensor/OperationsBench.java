package dev.hone.tensor;

import java.util.List;
import java.util.function.Supplier;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** Operations that are worked by hand, there and back, on 256 positions of 576 numbers. */
@State(org.openjdk.jmh.annotations.Scope.Thread)
public class OperationsBench {
  private final Tensor x = drawn(1, 256, 576).requiresGrad(true);
  private final Tensor gradient = drawn(1, 256, 576);
  private final Tensor norm = drawn(576).requiresGrad(true);
  private final Tensor weight = drawn(576, 576);
  private final Tensor a = drawn(8, 576).requiresGrad(true);
  private final Tensor b = drawn(576, 8).requiresGrad(true);

  private static Tensor drawn(long... shape) {
    Engine.threads(1);
    try (Scope scope = Scope.open()) {
      return Tensors.normal(0, 0.1, shape).keep();
    }
  }

  @TearDown
  public void close() {
    List.of(x, gradient, norm, weight, a, b).forEach(Tensor::close);
  }

  private void thereAndBack(Supplier<Tensor> operation) {
    try (Scope scope = Scope.open();
        Tape tape = Tape.open()) {
      tape.backward(operation.get(), gradient);
      List.of(x, norm, a, b).forEach(Tensor::clearGrad);
    }
  }

  @Benchmark
  public void rmsNorm() {
    thereAndBack(() -> Functional.rmsNorm(x, norm, 1e-5));
  }

  @Benchmark
  public void lowRank() {
    thereAndBack(() -> Functional.lowRank(x, weight, null, a, b, 2));
  }

  /** What Java adds to every operation: ten tensors, made in a scope and freed with it. */
  @Benchmark
  public void scopeOfTen() {
    try (Scope scope = Scope.open()) {
      for (int i = 0; i < 10; i++) {
        Tensor ignored = norm.detach();
      }
    }
  }
}
