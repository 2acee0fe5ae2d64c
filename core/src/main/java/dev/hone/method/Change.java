package dev.hone.method;

import dev.hone.tensor.Tensor;

/** What a method does at one linear. */
public interface Change {
  /**
   * The adapted result.
   *
   * @param base the linear of the model
   * @param x [..., in]
   * @param training whether dropout is on
   * @return [..., out]
   */
  Tensor forward(Affine base, Tensor x, boolean training);

  /** The linear with this change folded in. */
  Affine merged(Affine base);
}
