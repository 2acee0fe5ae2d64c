package dev.hone.method.adalora;

import dev.hone.method.Leaves;
import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;

/**
 * How much the loss hangs on each element of a tensor, smoothed over steps, and how unsure that is
 * (section 3.2 of the paper).
 */
record Sensitivity(Tensor mean, Tensor uncertainty) {

  static Sensitivity of(String name, Tensor tensor, Leaves own) {
    return new Sensitivity(
        own.internal(name + ".mean_sensitivity", () -> Tensors.zeros(tensor.shape())),
        own.internal(name + ".uncertainty", () -> Tensors.zeros(tensor.shape())));
  }

  void observe(Tensor tensor, double beta1, double beta2) {
    Tensor gradient = tensor.grad();
    if (gradient == null) {
      return;
    }
    Tensor now = tensor.mul(gradient).abs();
    mean.mulInPlace(beta1);
    mean.addInPlace(now, 1 - beta1);
    uncertainty.mulInPlace(beta2);
    uncertainty.addInPlace(now.sub(mean).abs(), 1 - beta2);
  }

  Tensor score() {
    return mean.mul(uncertainty);
  }

  void forget() {
    mean.fill(0);
    uncertainty.fill(0);
  }
}
