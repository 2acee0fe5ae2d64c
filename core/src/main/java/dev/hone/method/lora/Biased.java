package dev.hone.method.lora;

import dev.hone.error.HoneException;
import dev.hone.method.Affine;
import dev.hone.method.Change;
import dev.hone.tensor.Tensor;

/**
 * A pair whose B has a bias: y = W x + b + scale * (B A x + c).
 *
 * @param bias c [out]
 */
record Biased(Pair pair, Tensor bias) implements Change {

  @Override
  public Tensor forward(Affine base, Tensor x, boolean training) {
    Tensor own = base.bias();
    Tensor both = own == null ? bias.mul(pair.scale()) : own.add(bias, pair.scale());
    return pair.forward(new Affine(base.weight(), both), x, training);
  }

  @Override
  public Affine merged(Affine base) {
    Tensor own = base.bias();
    if (own == null) {
      throw new HoneException(
          "the adapter has a bias (lora_bias) for a linear without one, so it cannot be merged;"
              + " use it beside its base");
    }
    return new Affine(pair.merged(base).weight(), own.add(bias, pair.scale()));
  }
}
