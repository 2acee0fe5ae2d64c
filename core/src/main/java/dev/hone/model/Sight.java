package dev.hone.model;

import dev.hone.tensor.Device;
import dev.hone.tensor.Engine;
import dev.hone.tensor.QueryBlocks;
import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import org.jspecify.annotations.Nullable;

/**
 * What T positions see of S, said for some of them at a time: one mask for all would grow with the
 * square of a row's length.
 *
 * @param seen positions before the first of the T
 * @param causal whether no position sees what is after it
 * @param window by columns, or null; columns outside are not even looked at
 */
record Sight(long seen, boolean causal, @Nullable Window window, Mask mask) {

  /** What some positions see. */
  interface Mask {
    /**
     * @param from number of the first position
     * @return broadcastable to [B, H, count, S], as in {@link Frame}; of a causal sight the columns
     *     up to the last position suffice; null = everywhere
     */
    @Nullable Tensor of(long from, long count);
  }

  /** Attention of some queries: q [B, H, t, D] and the keys and values that they may see. */
  interface Look {
    Tensor at(Tensor q, Tensor k, Tensor v, @Nullable Tensor mask);
  }

  /** Of rows from their beginning. */
  static Sight ofCausal() {
    return new Sight(0, true, null, (from, count) -> Masks.causal(from, count, null));
  }

  /** What a mask says that is there already; null = everywhere. */
  static Sight ofAll(@Nullable Tensor mask) {
    return new Sight(
        0,
        false,
        null,
        (from, count) -> mask == null || mask.size(-2) == 1 ? mask : mask.narrow(-2, from, count));
  }

  /**
   * Whether so many queries must be taken in parts where a mask is none or the same for all:
   * kernels that need no room for the scores know no dropout on a CPU.
   */
  static boolean inParts(Tensor q, double dropout) {
    return q.size(2) > QueryBlocks.SIZE && dropout > 0 && q.device() == Device.CPU;
  }

  /**
   * Attention in memory that does not grow with T times S.
   *
   * @param dropout whether the look draws numbers
   */
  Tensor attention(Tensor q, Tensor k, Tensor v, boolean dropout, Look look) {
    long seed = dropout ? (long) Tensors.uniform(0, 1 << 24, 1).item() : 0;
    return QueryBlocks.attention(
        q,
        k,
        v,
        (some, keys, values, from) -> {
          if (dropout) {
            Engine.seed(seed + from); // the same on the way back
          }
          long count = some.size(2);
          long first = window == null ? 0 : Math.max(0, seen + from - window.before());
          long end = end(from + count, keys.size(2));
          Tensor seenOf = mask.of(from, count);
          return look.at(
              some,
              keys.narrow(2, first, end - first),
              values.narrow(2, first, end - first),
              seenOf == null ? null : seenOf.narrow(-1, first, end - first));
        });
  }

  private long end(long next, long all) {
    if (causal) {
      return seen + next;
    }
    return window == null ? all : Math.min(all, seen + next + window.after());
  }
}
