package dev.hone.data;

import java.util.ArrayList;
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
 * @param others further sides of this row: the worse answer of a pair, or the other choices. All
 *     sides share every batch and count as one row.
 * @param types segments, T of them; null means all 0
 * @param target what a head is to answer, or null
 * @param task that the row belongs to among several; empty for none
 */
public record TokenRow(
    int[] ids,
    boolean[] learned,
    int label,
    String origin,
    List<TokenRow> others,
    int @Nullable [] types,
    @Nullable Target target,
    String task) {

  public TokenRow(int[] ids, boolean[] learned, int label, String origin) {
    this(ids, learned, label, origin, List.of(), null, null);
  }

  /** The better side of a pair, with the worse one. */
  public TokenRow(int[] ids, boolean[] learned, int label, String origin, TokenRow rejected) {
    this(ids, learned, label, origin, List.of(rejected), null, null);
  }

  /** A row that belongs to no task of several. */
  public TokenRow(
      int[] ids,
      boolean[] learned,
      int label,
      String origin,
      List<TokenRow> others,
      int @Nullable [] types,
      @Nullable Target target) {
    this(ids, learned, label, origin, others, types, target, "");
  }

  public TokenRow {
    if (ids.length != learned.length || (types != null && ids.length != types.length)) {
      throw new IllegalArgumentException(
          origin + ": " + ids.length + " ids but a mask of " + learned.length);
    }
  }

  /** The row alone, or with its other sides. */
  public List<TokenRow> sides() {
    if (others.isEmpty()) {
      return List.of(this);
    }
    List<TokenRow> sides = new ArrayList<>();
    sides.add(new TokenRow(ids, learned, label, origin, List.of(), types, target, task));
    sides.addAll(others);
    return sides;
  }

  /** The same row, with all of its sides, of a task. */
  public TokenRow ofTask(String name) {
    List<TokenRow> named = others.stream().map(other -> other.ofTask(name)).toList();
    return new TokenRow(ids, learned, label, origin, named, types, target, name);
  }

  /** Positions that the row takes; of several sides, those of the longest. */
  public int length() {
    int longest = ids.length;
    for (TokenRow other : others) {
      longest = Math.max(longest, other.length());
    }
    return longest;
  }

  /**
   * How many tokens of this row, all sides together, are labels. The first token has nothing before
   * it to learn from.
   */
  public int learnedTokens() {
    int count = others.stream().mapToInt(TokenRow::learnedTokens).sum();
    for (int t = 1; t < learned.length; t++) {
      if (learned[t]) {
        count++;
      }
    }
    return count;
  }
}
