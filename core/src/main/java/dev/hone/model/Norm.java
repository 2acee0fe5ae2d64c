package dev.hone.model;

import dev.hone.tensor.Functional;
import dev.hone.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * A normalisation over the last axis: layer norm where there is a bias, root-mean-square without.
 *
 * @param weight [C]
 * @param bias [C], or null for RMS norm
 * @param offset added to the weight: 1 where a file holds the distance from one (Gemma)
 */
public record Norm(
    String name, Parameter weight, @Nullable Parameter bias, double eps, double offset) {

  public Norm(String name, Parameter weight, @Nullable Parameter bias, double eps) {
    this(name, weight, bias, eps, 0);
  }

  public Tensor forward(Tensor x, Pass pass) {
    Tensor w = pass.value(weight);
    if (offset != 0) {
      w = w.add(offset);
    }
    return bias == null
        ? Functional.rmsNorm(x, w, eps)
        : Functional.layerNorm(x, w, pass.value(bias), eps);
  }
}
