package dev.hone.model;

import dev.hone.tensor.Tensor;

/** How positions of a row look at each other: x [B, T, C] to [B, T, C]. */
public interface Attention {
  Tensor forward(Tensor x, Frame frame, Pass pass);

  /** The linear that it ends with. */
  Linear output();

  /** The same with dropout on what it gives; a rate of 0 stays none. */
  default Attention dropped(double rate) {
    return rate == 0 ? this : new Dropped(this, rate);
  }

  /** Attention with dropout behind it. */
  record Dropped(Attention inner, double rate) implements Attention {
    @Override
    public Tensor forward(Tensor x, Frame frame, Pass pass) {
      return pass.dropout(inner.forward(x, frame, pass), rate);
    }

    @Override
    public Linear output() {
      return inner.output();
    }
  }
}
