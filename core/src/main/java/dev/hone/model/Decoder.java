package dev.hone.model;

import dev.hone.error.HoneException;
import dev.hone.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A stack of causal layers; a family chooses its parts.
 *
 * @param kinds how its layers see; an attention names its kind by index
 * @param last norm after the last layer, or null
 * @param projection from the layers' width to the head's, or null
 * @param hiddenSize C as the head sees it
 */
public record Decoder(
    Embeddings embeddings,
    List<LayerKind> kinds,
    List<Block> blocks,
    @Nullable Norm last,
    @Nullable Linear projection,
    int hiddenSize,
    int maxPositions)
    implements Stack {

  /** Layers of several kinds without a projection. */
  public Decoder(
      Embeddings embeddings,
      List<LayerKind> kinds,
      List<Block> blocks,
      Norm last,
      int hiddenSize,
      int maxPositions) {
    this(embeddings, kinds, blocks, last, null, hiddenSize, maxPositions);
  }

  @Override
  public Embedding tokens() {
    return embeddings.tokens();
  }

  @Override
  public Tensor vectors(Tensor ids, Pass pass) {
    return embeddings.vectors(ids, pass);
  }

  @Override
  public boolean turnsAnew(long tokens) {
    return kinds.stream()
        .map(LayerKind::rope)
        .anyMatch(rope -> rope != null && rope.turnsAnew(tokens, tokens + 1));
  }

  @Override
  public Start begin(Inputs given, Pass pass) {
    Beginning begun = Beginning.of(given, pass);
    Inputs inputs = begun.inputs();
    Places places = Places.of(inputs, begun.seen(), pass.cache() != null);
    // Columns before a row's begin take no position.
    if (embeddings.positions() != null && inputs.positions() == null) {
      requireRoom(places.total(), maxPositions);
    }
    Tensor x = embeddings.forward(inputs, places.here(), pass);
    return new Start(x, places.frame(kinds).behind(begun.prefix()));
  }

  @Override
  public Tensor finish(Tensor hidden, Inputs inputs, Pass pass) {
    if (pass.cache() != null) {
      pass.cache().advance(hidden.size(1));
    }
    Tensor x = last == null ? hidden : last.forward(hidden, pass);
    return projection == null ? x : projection.forward(x, pass);
  }

  /** Learned positions end somewhere; beyond them there is nothing to look up. */
  static void requireRoom(long width, int maxPositions) {
    if (width > maxPositions) {
      throw new HoneException(
          "a row of "
              + width
              + " tokens does not fit: the model has "
              + maxPositions
              + " positions; shorten it");
    }
  }
}
