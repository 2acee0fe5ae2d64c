package dev.hone.model.head;

import dev.hone.model.Activation;
import dev.hone.model.Linear;
import dev.hone.model.Norm;
import dev.hone.model.Pass;
import dev.hone.tensor.Tensor;

/** Dense, activation, norm: what many heads do to every token first. */
public record Transform(Linear dense, Activation activation, Norm norm) {
  Tensor forward(Tensor hidden, Pass pass) {
    return norm.forward(activation.apply(dense.forward(hidden, pass)), pass);
  }
}
