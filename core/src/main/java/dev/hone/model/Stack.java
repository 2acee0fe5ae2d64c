package dev.hone.model;

import dev.hone.tensor.Scope;
import dev.hone.tensor.Tape;
import dev.hone.tensor.Tensor;
import java.util.List;
import java.util.Objects;

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
    Tensor all = whole(inputs, pass);
    long prompt = all.size(1) - inputs.width();
    return prompt == 0 ? all : all.narrow(1, prompt, inputs.width());
  }

  @Override
  default Tensor whole(Inputs inputs, Pass pass) {
    // Virtual tokens stand before rows, not before the sequence of all of them.
    boolean virtual = pass.virtualTokens() != null;
    if (!pass.packed() || virtual || inputs.mask() == null || inputs.leftPadded()) {
      return walk(begin(inputs, pass), inputs, pass);
    }
    Start start = Segments.begin(inputs, rows -> begin(rows, pass));
    return Objects.requireNonNull(start.frame().segments()).spread(walk(start, inputs, pass));
  }

  /** From a beginning to the last hidden states. */
  default Tensor walk(Start start, Inputs inputs, Pass pass) {
    Prefix prefix = pass.prefix();
    int first = prefix == null ? 0 : prefix.layers();
    Tensor x = start.hidden();
    if (prefix != null) {
      x = prefix.hidden(inputs, () -> climb(begin(inputs, pass.quiet()), 0, first, pass.quiet()));
      Segments segments = start.frame().segments();
      x = segments == null ? x : segments.join(x);
    }
    x = climb(new Start(x, start.frame()), first, blocks().size(), pass);
    x = finish(x, inputs, pass);
    pass.traced(x);
    return x;
  }

  /** Through the layers from one to before another. */
  default Tensor climb(Start start, int from, int to, Pass pass) {
    Tensor x = start.hidden();
    for (int i = from; i < to; i++) {
      pass.traced(x);
      int layer = i;
      Tensor below = Tape.boundary(x);
      x =
          Scope.only(
              () ->
                  pass.layer(
                      layer, below, in -> blocks().get(layer).forward(in, start.frame(), pass)));
    }
    return x;
  }
}
