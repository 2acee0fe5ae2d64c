package dev.hone.model;

/**
 * How far a position sees: itself, and so many positions before and after it.
 *
 * @param before positions seen to the left
 * @param after positions seen to the right; a causal layer sees none of them in any case
 */
public record Window(long before, long after) {

  /** Whether every position of so many sees all of them. */
  boolean covers(long width) {
    return before >= width - 1 && after >= width - 1;
  }

  /** The last {@code count} positions, itself among them: what configs call a sliding window. */
  public static Window last(int count) {
    return new Window(count - 1, 0);
  }

  /** {@code count} positions on each side (ModernBERT's local layers). */
  public static Window around(int count) {
    return new Window(count, count);
  }
}
