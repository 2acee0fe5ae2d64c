package dev.hone.tensor;

import java.util.Arrays;

/** Measures how fast this machine multiplies matrices: what training time is made of. */
public final class MatrixProduct {
  private static final int REPEATS = 7;

  private MatrixProduct() {}

  /** GFLOP/s of x[rows, inner] times a matrix [inner, columns], in F32; the median of some runs. */
  public static double gflops(int rows, int inner, int columns) {
    double[] seconds = new double[REPEATS];
    try (Scope scope = Scope.open();
        GradMode off = GradMode.off()) {
      Tensor x = Tensors.normal(0, 1, rows, inner);
      Tensor w = Tensors.normal(0, 1, columns, inner);
      for (int i = 0; i < REPEATS + 1; i++) { // the first run warms up and is written over
        long begun = System.nanoTime();
        try (Scope step = Scope.open()) {
          // Reading one number waits for a GPU to be done.
          double ignored = Functional.linear(x, w, null).narrow(0, 0, 1).sum().item();
        }
        seconds[Math.max(0, i - 1)] = (System.nanoTime() - begun) / 1e9;
      }
    }
    Arrays.sort(seconds);
    return 2.0 * rows * inner * columns / seconds[REPEATS / 2] / 1e9;
  }
}
