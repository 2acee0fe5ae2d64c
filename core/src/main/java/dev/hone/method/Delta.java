package dev.hone.method;

import dev.hone.tensor.Functional;
import dev.hone.tensor.Tensor;

/** A change that adds scale * D to the weight. */
public interface Delta extends Change {
  /** D [out, in]. */
  Tensor delta();

  double scale();

  /** D x, without making D where that is cheaper. */
  default Tensor product(Tensor x, boolean training) {
    return Functional.linear(x, delta(), null);
  }

  @Override
  default Tensor forward(Affine base, Tensor x, boolean training) {
    return base.apply(x).add(product(x, training), scale());
  }

  @Override
  default Affine merged(Affine base) {
    return new Affine(base.weight().add(delta(), scale()), base.bias());
  }
}
