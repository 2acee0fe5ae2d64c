package dev.hone.model;

import dev.hone.tensor.Functional;
import dev.hone.tensor.Tensor;

/**
 * Batch norm over rows [B, C] (arXiv:1502.03167): by the batch's own mean and variance while
 * training, by those of all batches otherwise.
 *
 * <p>The running numbers move only where the adapter of the pass has its own: a model never
 * changes. A single row has no variance; it is normalised by the running numbers in training too.
 */
public record BatchNorm(Parameter weight, Parameter bias, Parameter mean, Parameter variance) {
  static final String MEAN = ".running_mean";
  static final String VARIANCE = ".running_var";
  private static final double EPS = 1e-5;
  private static final double MOMENTUM = 0.1;

  /**
   * Whether a parameter holds what batches have shown, which moves in training without a gradient.
   */
  public static boolean isRunning(Parameter parameter) {
    return !parameter.trains()
        && (parameter.name().endsWith(MEAN) || parameter.name().endsWith(VARIANCE));
  }

  public Tensor forward(Tensor x, Pass pass) {
    Tensor runningMean = pass.value(mean);
    Tensor runningVariance = pass.value(variance);
    boolean learning = pass.training() && x.size(0) > 1;
    if (learning && runningMean == mean.value()) {
      runningMean = runningMean.copy();
      runningVariance = runningVariance.copy();
    }
    return Functional.batchNorm(
        x,
        pass.value(weight),
        pass.value(bias),
        runningMean,
        runningVariance,
        learning ? MOMENTUM : 0,
        EPS);
  }
}
