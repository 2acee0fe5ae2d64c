package dev.hone.model;

import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A stack of layers that look both ways; a family chooses its parts. A layer may stand in the list
 * more than once (ALBERT).
 *
 * @param kinds how its layers see; an attention names its kind by index
 * @param last over the output of the last layer, or null
 */
public record Encoder(
    EncoderEmbeddings embeddings,
    List<LayerKind> kinds,
    List<Block> blocks,
    @Nullable Norm last,
    int hiddenSize,
    int maxPositions)
    implements Stack {

  /** Layers that see everything and end without a norm. */
  public Encoder(
      EncoderEmbeddings embeddings, List<Block> blocks, int hiddenSize, int maxPositions) {
    this(embeddings, List.of(LayerKind.PLAIN), blocks, null, hiddenSize, maxPositions);
  }

  @Override
  public Embedding tokens() {
    return embeddings.tokens();
  }

  @Override
  public Start begin(Inputs inputs, Pass pass) {
    if (embeddings.positions() != null) {
      Decoder.requireRoom(inputs.width(), maxPositions);
    }
    Tensor real = inputs.mask() == null ? null : Masks.real(inputs.mask());
    Tensor places =
        inputs.positions() == null ? Tensors.arange(inputs.width()) : inputs.positions();
    List<Frame> frames = kinds.stream().map(k -> frame(k, real, places, inputs.width())).toList();
    return new Start(embeddings.forward(inputs, pass), Frame.of(frames));
  }

  private static Frame frame(LayerKind kind, @Nullable Tensor real, Tensor places, long width) {
    Rope.Angles angles = kind.rope() == null ? null : kind.rope().angles(places);
    Window window = kind.window();
    if (window == null || window.covers(width)) {
      return new Frame(real, false, angles);
    }
    Sight sight =
        new Sight(
            0,
            false,
            window,
            (from, count) -> Masks.both(real, Masks.around(width, from, count, window)));
    return Frame.of(sight, width, angles);
  }

  @Override
  public Tensor finish(Tensor hidden, Inputs inputs, Pass pass) {
    return last == null ? hidden : last.forward(hidden, pass);
  }
}
