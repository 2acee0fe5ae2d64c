package dev.hone.model;

import dev.hone.tensor.Tensor;

/** The feed-forward part of a layer: x [B, T, C] to [B, T, C]. */
public sealed interface Mlp {
  Tensor forward(Tensor x, Pass pass);

  /** The linear that it ends with. */
  Linear down();

  /**
   * down(activation(up(x))).
   *
   * @param dropout after the activation
   */
  record Plain(Linear up, Activation activation, Linear down, double dropout) implements Mlp {
    public Plain(Linear up, Activation activation, Linear down) {
      this(up, activation, down, 0);
    }

    @Override
    public Tensor forward(Tensor x, Pass pass) {
      Tensor active = activation.apply(up.forward(x, pass));
      return down.forward(pass.dropout(active, dropout), pass);
    }
  }

  /**
   * down(activation(gate(x)) * up(x)), arXiv:2002.05202.
   *
   * @param dropout after the product
   */
  record Gated(Linear gate, Linear up, Activation activation, Linear down, double dropout)
      implements Mlp {
    public Gated(Linear gate, Linear up, Activation activation, Linear down) {
      this(gate, up, activation, down, 0);
    }

    @Override
    public Tensor forward(Tensor x, Pass pass) {
      Tensor gated = activation.gate(gate.forward(x, pass), up.forward(x, pass));
      return down.forward(pass.dropout(gated, dropout), pass);
    }
  }

  /**
   * The same from one linear with gate and up side by side.
   *
   * @param dropout after the product
   */
  record FusedGated(Linear gateUp, Activation activation, Linear down, double dropout)
      implements Mlp {
    public FusedGated(Linear gateUp, Activation activation, Linear down) {
      this(gateUp, activation, down, 0);
    }

    @Override
    public Tensor forward(Tensor x, Pass pass) {
      Tensor[] both = gateUp.forward(x, pass).chunk(2, -1);
      Tensor gated = activation.gate(both[0], both[1]);
      return down.forward(dropout == 0 ? gated : pass.dropout(gated, dropout), pass);
    }
  }
}
