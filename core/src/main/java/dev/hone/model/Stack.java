package dev.hone.model;

import dev.hone.tensor.Scope;
import dev.hone.tensor.Tape;
import dev.hone.tensor.Tensor;
import java.util.List;

/**
 * Layers on top of each other. A pass is made of its beginning, the layers one by one and its end,
 * so that training can stop and go on between any two layers.
 */
public sealed interface Stack extends Backbone permits Decoder, Encoder, Half {
  /**
   * What the first layer is given.
   *
   * @param hidden [B, T, C]
   * @param frame what all layers share
   */
  record Start(Tensor hidden, Frame frame) {}

  Start begin(Inputs inputs, Pass pass);

  List<Block> blocks();

  /** From the output of the last layer [B, T, C] to the last hidden states. */
  Tensor finish(Tensor hidden, Inputs inputs, Pass pass);

  @Override
  default Tensor forward(Inputs inputs, Pass pass) {
    return walk(begin(inputs, pass), inputs, pass);
  }

  /** From a beginning to the last hidden states. */
  default Tensor walk(Start start, Inputs inputs, Pass pass) {
    Tensor x = start.hidden();
    for (Block block : blocks()) {
      pass.traced(x);
      Tensor below = Tape.boundary(x);
      x = Scope.only(() -> block.forward(below, start.frame(), pass));
    }
    x = finish(x, inputs, pass);
    pass.traced(x);
    return x;
  }
}
