package dev.hone.model;

import dev.hone.error.HoneException;
import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A stack of causal layers; a family chooses its parts.
 *
 * <p>Rows are padded on the right. A causal position never looks to its right, so padding needs no
 * mask; only a cache with rows of different lengths does, and brings it as {@code inputs.mask} over
 * all S positions.
 *
 * @param positions learned positions, or null
 * @param rope rotary positions, or null
 */
public record Decoder(
    Embedding tokens,
    @Nullable Embedding positions,
    @Nullable Rope rope,
    List<Block> blocks,
    Norm last,
    double dropout,
    int hiddenSize,
    int maxPositions)
    implements Stack {

  @Override
  public Start begin(Inputs inputs, Pass pass) {
    KeyValueCache cache = pass.cache();
    long seen = cache == null ? 0 : cache.length();
    Tensor place =
        inputs.positions() != null
            ? inputs.positions()
            : Tensors.arange(seen + inputs.width()).narrow(0, seen, inputs.width());
    Tensor x = tokens.forward(inputs.ids(), pass);
    if (positions != null) {
      if (inputs.positions() == null) { // columns before a row's begin take no position
        requireRoom(seen + inputs.width(), maxPositions);
      }
      x = x.add(positions.forward(place, pass));
    }
    x = pass.dropout(x, dropout);
    return new Start(
        x, frame(inputs, seen, cache != null, rope == null ? null : rope.angles(place)));
  }

  @Override
  public Tensor finish(Tensor hidden, Inputs inputs, Pass pass) {
    if (pass.cache() != null) {
      pass.cache().advance(inputs.width());
    }
    return last.forward(hidden, pass);
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

  private static Frame frame(
      Inputs inputs, long seen, boolean cached, Rope.@Nullable Angles angles) {
    long width = inputs.width();
    boolean uneven = cached && inputs.mask() != null;
    if (seen == 0 && !uneven) {
      return new Frame(null, width > 1, angles);
    }
    Tensor mask = null;
    if (width > 1) {
      Tensor columns = Tensors.arange(seen + width).unsqueeze(0);
      Tensor rows = Tensors.arange(seen + width).narrow(0, seen, width).add(1).unsqueeze(1);
      mask = columns.lt(rows); // [T, S]: true where column <= row
    }
    if (uneven && inputs.mask() != null) {
      Tensor real = inputs.mask().eq(1).unsqueeze(1).unsqueeze(1); // [B, 1, 1, S]
      mask = mask == null ? real : real.and(mask);
    }
    return new Frame(mask, false, angles);
  }
}
