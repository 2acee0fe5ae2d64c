package dev.hone.model;

import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Where the tokens of one causal pass stand in their rows.
 *
 * <p>Rows padded on the right need no mask, because a causal position never looks to its right.
 * Padding on the left does, and so does a cache with rows of different lengths, which brings {@code
 * inputs.mask} over all S positions: there, positions count real tokens only.
 *
 * @param seen positions before those of this pass
 * @param width T
 * @param here positions of the new tokens, I64[T] or I64[B, T]
 * @param keys positions of all S keys, I64[B, S], where padding has to be masked; otherwise null
 * @param real 1 on the keys that are tokens, I64[B, S], or null like {@code keys}
 * @param lengths tokens of each row, counted only where the row's length matters
 */
record Places(
    long seen,
    long width,
    Tensor here,
    @Nullable Tensor keys,
    @Nullable Tensor real,
    @Nullable Tensor lengths) {

  /**
   * @param seen positions before those of the inputs
   * @param cached whether they stand in a cache, where rows of different lengths may have padding
   */
  static Places of(Inputs inputs, long seen, boolean cached) {
    long width = inputs.width();
    Tensor mask = inputs.mask();
    if (mask == null || (!cached && !inputs.leftPadded())) {
      Tensor here =
          inputs.positions() != null
              ? inputs.positions()
              : Tensors.arange(seen + width).narrow(0, seen, width);
      return new Places(seen, width, here, null, null, mask);
    }
    Tensor keys = mask.cumsum(1).add(-1).mul(mask);
    Tensor here = inputs.positions() != null ? inputs.positions() : keys.narrow(1, seen, width);
    return new Places(seen, width, here, keys, mask, mask);
  }

  /** S. */
  long total() {
    return seen + width;
  }

  /** One frame for layers of several kinds. */
  Frame frame(List<LayerKind> kinds) {
    Map<Rope, Rope.Angles> angles = new IdentityHashMap<>(); // kinds may share a rope
    return Frame.of(kinds.stream().map(kind -> frame(kind, angles)).toList());
  }

  private Frame frame(LayerKind kind, Map<Rope, Rope.Angles> made) {
    Rope.Angles angles =
        kind.rope() == null ? null : made.computeIfAbsent(kind.rope(), rope -> rope.angles(this));
    Window window =
        kind.window() != null && kind.window().before() < total() - 1 ? kind.window() : null;
    // Without a mask wherever the causal flag says it all, or one token sees everything.
    if (keys == null && window == null && kind.alibi() == null && (seen == 0 || width == 1)) {
      return new Frame(null, width > 1, angles);
    }
    Window columns = keys == null ? window : null; // padding may stand between two tokens
    Sight sight =
        new Sight(seen, true, columns, (from, count) -> mask(kind.alibi(), window, from, count));
    return Frame.of(sight, width, angles);
  }

  /** For some of the new tokens, over the keys up to the last of them. */
  private @Nullable Tensor mask(
      @Nullable Alibi alibi, @Nullable Window window, long from, long count) {
    long end = seen + from + count;
    Tensor known = keys == null ? null : keys.narrow(1, 0, end);
    Tensor mask = known == null ? even(window, from, count) : uneven(window, known, from, count);
    if (alibi == null) {
      return mask;
    }
    return alibi.bias(known == null ? Tensors.arange(end).unsqueeze(0) : known, mask);
  }

  private @Nullable Tensor even(@Nullable Window window, long from, long count) {
    return window == null && width == 1 ? null : Masks.causal(seen + from, count, window);
  }

  private Tensor uneven(@Nullable Window window, Tensor known, long from, long count) {
    Tensor mask = real == null ? null : Masks.real(real.narrow(1, 0, known.size(1)));
    if (width > 1) {
      mask = Masks.both(mask, Masks.causal(seen + from, count, null));
    }
    if (window != null) {
      // [B, 1, count, S]; distances in tokens, as padding may stand between two of them.
      Tensor some = here.narrow(-1, from, count);
      Tensor within =
          known.unsqueeze(1).gt(some.add(-window.before() - 1).unsqueeze(-1)).unsqueeze(1);
      mask = Masks.both(mask, within);
    }
    return Objects.requireNonNull(mask);
  }

  /** Tokens of each row, the cached ones included. */
  long[] rowLengths(long rows) {
    if (lengths != null) {
      return lengths.sum(1).toLongs();
    }
    long[] all = new long[Math.toIntExact(rows)];
    Arrays.fill(all, total());
    return all;
  }
}
