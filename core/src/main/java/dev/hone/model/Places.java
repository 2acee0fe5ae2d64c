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
    Tensor mask = keys == null ? even(kind.window()) : uneven(kind.window(), keys);
    if (kind.alibi() != null) {
      // A causal flag and a float mask exclude each other.
      Tensor seen = mask == null && width > 1 ? Masks.causal(this.seen, width, null) : mask;
      Tensor places = keys == null ? Tensors.arange(total()).unsqueeze(0) : keys;
      return new Frame(kind.alibi().bias(places, seen), false, angles);
    }
    return new Frame(mask, mask == null && width > 1, angles);
  }

  /** Without a mask wherever the causal flag says it all, or one token sees everything. */
  private @Nullable Tensor even(@Nullable Window window) {
    if (window != null && window.before() >= total() - 1) {
      return even(null);
    }
    return window == null && (seen == 0 || width == 1) ? null : Masks.causal(seen, width, window);
  }

  private Tensor uneven(@Nullable Window window, Tensor all) {
    Tensor mask = real == null ? null : Masks.real(real);
    if (width > 1) {
      mask = Masks.both(mask, Masks.causal(seen, width, null));
    }
    if (window != null && window.before() < total() - 1) {
      // [B, 1, T, S]; distances in tokens, as padding may stand between two of them.
      Tensor within =
          all.unsqueeze(1).gt(here.add(-window.before() - 1).unsqueeze(-1)).unsqueeze(1);
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
