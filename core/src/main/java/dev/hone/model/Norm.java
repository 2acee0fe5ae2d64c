package dev.hone.model;

import dev.hone.tensor.Functional;
import dev.hone.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * A normalisation over the last axis: layer norm, or root-mean-square.
 *
 * @param weight [C]
 * @param bias [C], or null
 * @param offset added to the weight: 1 where a file holds the distance from one (Gemma)
 * @param centred whether the mean is taken away: layer norm
 */
public record Norm(
    String name,
    Parameter weight,
    @Nullable Parameter bias,
    double eps,
    double offset,
    boolean centred) {

  public Norm(String name, Parameter weight, @Nullable Parameter bias, double eps) {
    this(name, weight, bias, eps, 0);
  }

  /** Layer norm where there is a bias, root-mean-square without. */
  public Norm(String name, Parameter weight, @Nullable Parameter bias, double eps, double offset) {
    this(name, weight, bias, eps, offset, bias != null);
  }

  public Tensor forward(Tensor x, Pass pass) {
    Tensor w = pass.value(weight);
    if (offset != 0) {
      w = w.add(offset);
    }
    return centred
        ? Functional.layerNorm(x, w, bias == null ? null : pass.value(bias), eps)
        : Functional.rmsNorm(x, w, eps);
  }
}
