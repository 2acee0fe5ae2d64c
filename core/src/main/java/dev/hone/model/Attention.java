package dev.hone.model;

import dev.hone.tensor.Tensor;

/** How positions of a row look at each other: x [B, T, C] to [B, T, C]. */
public interface Attention {
  Tensor forward(Tensor x, Frame frame, Pass pass);

  /** The same with dropout on what it gives; a rate of 0 stays none. */
  default Attention dropped(double rate) {
    return rate == 0 ? this : (x, frame, pass) -> pass.dropout(forward(x, frame, pass), rate);
  }
}
