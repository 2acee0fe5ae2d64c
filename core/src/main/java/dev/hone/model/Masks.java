package dev.hone.model;

import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import org.jspecify.annotations.Nullable;

/** Which positions see which: BOOL, true where a position may look. */
final class Masks {
  /**
   * Added to a score it leaves nothing of it. Not infinite, so that a row that sees nothing has
   * finite weights; nor the lowest F32, which would be infinite as BF16.
   */
  static final double FAR = -0x1.FEp127;

  private Masks() {}

  /**
   * What the last T of S positions see of all S: themselves and what is before them.
   *
   * @return [T, S]
   */
  static Tensor causal(long seen, long width, @Nullable Window window) {
    Tensor columns = Tensors.arange(seen + width).unsqueeze(0);
    Tensor rows = Tensors.arange(seen + width).narrow(0, seen, width).unsqueeze(1);
    Tensor mask = columns.lt(rows.add(1));
    return window == null ? mask : mask.and(columns.gt(rows.add(-window.before() - 1)));
  }

  /**
   * What some of T positions see within a window to both sides.
   *
   * @return [count, T]
   */
  static Tensor around(long width, long from, long count, Window window) {
    Tensor columns = Tensors.arange(width).unsqueeze(0);
    Tensor rows = Tensors.arange(width).narrow(0, from, count).unsqueeze(1);
    return columns.gt(rows.add(-window.before() - 1)).and(columns.lt(rows.add(window.after() + 1)));
  }

  /** The keys that are real tokens: mask I64[B, S] to [B, 1, 1, S]. */
  static Tensor real(Tensor mask) {
    return mask.eq(1).unsqueeze(1).unsqueeze(1);
  }

  /** Both of them; either may be null. */
  static @Nullable Tensor both(@Nullable Tensor a, @Nullable Tensor b) {
    if (a == null || b == null) {
      return a == null ? b : a;
    }
    return a.and(b);
  }
}
