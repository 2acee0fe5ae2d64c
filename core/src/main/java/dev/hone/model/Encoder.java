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
  public Tensor vectors(Tensor ids, Pass pass) {
    return embeddings.tokens().forward(ids, pass);
  }

  @Override
  public Start begin(Inputs given, Pass pass) {
    Beginning begun = Beginning.of(given, pass);
    Inputs inputs = begun.inputs();
    long seen = begun.seen();
    long total = seen + inputs.width();
    if (embeddings.positions() != null) {
      Decoder.requireRoom(total, maxPositions);
    }
    Tensor real = inputs.mask() == null ? null : Masks.real(inputs.mask());
    Tensor places =
        inputs.positions() == null
            ? Tensors.arange(total).narrow(0, seen, inputs.width())
            : inputs.positions();
    List<Frame> frames = kinds.stream().map(k -> frame(k, real, places, seen, total)).toList();
    return new Start(
        embeddings.forward(inputs, seen, pass), Frame.of(frames).behind(begun.prefix()));
  }

  private static Frame frame(
      LayerKind kind, @Nullable Tensor real, Tensor places, long seen, long total) {
    Rope.Angles angles = kind.rope() == null ? null : kind.rope().angles(places);
    Window window = kind.window();
    if (window == null || window.covers(total)) {
      return new Frame(real, false, angles);
    }
    Sight sight =
        new Sight(
            seen,
            false,
            window,
            (from, count) -> Masks.both(real, Masks.around(total, seen + from, count, window)));
    return Frame.of(sight, total - seen, angles);
  }

  @Override
  public Tensor finish(Tensor hidden, Inputs inputs, Pass pass) {
    return last == null ? hidden : last.forward(hidden, pass);
  }
}
