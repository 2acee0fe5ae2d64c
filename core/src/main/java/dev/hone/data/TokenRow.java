package dev.hone.data;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One encoded row: its token ids and, for each of them, whether the model is to learn to produce
 * it.
 *
 * @param ids token ids, T of them
 * @param learned label mask, T of them; {@code learned[t]} means that position t-1 is trained to
 *     predict {@code ids[t]}
 * @param label index of the row's label among the task's labels, or -1
 * @param origin where the row came from, for messages: {@code file:line}
 * @param rejected the other side of a pair, of which this row is the better one; null for a row
 *     that stands for itself. Both sides share every batch and count as one row.
 * @param task that the row belongs to among several; empty for none
 */
public record TokenRow(
    int[] ids,
    boolean[] learned,
    int label,
    String origin,
    @Nullable TokenRow rejected,
    String task) {

  public TokenRow(int[] ids, boolean[] learned, int label, String origin) {
    this(ids, learned, label, origin, null);
  }

  public TokenRow(
      int[] ids, boolean[] learned, int label, String origin, @Nullable TokenRow rejected) {
    this(ids, learned, label, origin, rejected, "");
  }

  public TokenRow {
    if (ids.length != learned.length) {
      throw new IllegalArgumentException(
          origin + ": " + ids.length + " ids but a mask of " + learned.length);
    }
  }

  /** The row alone, or the better and the worse side of a pair. */
  public List<TokenRow> sides() {
    return rejected == null
        ? List.of(this)
        : List.of(new TokenRow(ids, learned, label, origin, null, task), rejected);
  }

  /** The same row, and the other side of a pair, of a task. */
  public TokenRow ofTask(String name) {
    TokenRow other = rejected == null ? null : rejected.ofTask(name);
    return new TokenRow(ids, learned, label, origin, other, name);
  }

  /** Positions that the row takes; of a pair, those of its longer side. */
  public int length() {
    return rejected == null ? ids.length : Math.max(ids.length, rejected.length());
  }

  /**
   * How many tokens of this row, both sides of a pair, are labels. The first token has nothing
   * before it to learn from.
   */
  public int learnedTokens() {
    int count = rejected == null ? 0 : rejected.learnedTokens();
    for (int t = 1; t < learned.length; t++) {
      if (learned[t]) {
        count++;
      }
    }
    return count;
  }
}
