package dev.hone.method;

import dev.hone.tensor.Functional;
import dev.hone.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * A linear without its name, whatever the layout in its file.
 *
 * @param weight [out, in]
 * @param bias [out], or null
 */
public record Affine(Tensor weight, @Nullable Tensor bias) {
  /** W x + b. */
  public Tensor apply(Tensor x) {
    return Functional.linear(x, weight, bias);
  }

  /** W x. */
  public Tensor product(Tensor x) {
    return Functional.linear(x, weight, null);
  }
}
