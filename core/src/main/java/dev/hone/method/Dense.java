package dev.hone.method;

import dev.hone.tensor.Functional;
import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;

/**
 * A linear of an adapter's own: x [..., in] to [..., out].
 *
 * @param weight [out, in]
 * @param bias [out]
 */
public record Dense(Tensor weight, Tensor bias) {

  /** One that begins as PyTorch's linears do. */
  public static Dense of(Leaves leaves, String name, long in, long out) {
    double bound = 1 / Math.sqrt(in);
    return new Dense(
        leaves.trained(name + ".weight", () -> Tensors.kaiming(out, in), out, in),
        leaves.trained(name + ".bias", () -> Tensors.uniform(-bound, bound, out), out));
  }

  /** One that begins with these numbers. */
  public static Dense of(Leaves leaves, String name, Tensor weight, Tensor bias) {
    return new Dense(
        leaves.trained(name + ".weight", () -> weight, weight.shape()),
        leaves.trained(name + ".bias", () -> bias, bias.shape()));
  }

  public Tensor apply(Tensor x) {
    return Functional.linear(x, weight, bias);
  }
}
