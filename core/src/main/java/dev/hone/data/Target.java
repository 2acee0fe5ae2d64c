package dev.hone.data;

import java.util.Arrays;

/** What a head is to answer for a row, where that is neither one class nor the row's own tokens. */
public sealed interface Target {

  /**
   * A label for each token.
   *
   * @param labels T, -100 where nothing is asked
   */
  record Tokens(int[] labels) implements Target {
    @Override
    public String toString() {
      return Arrays.toString(labels);
    }
  }

  /** The positions of an answer's first and last token. */
  record Span(int first, int last) implements Target {}

  /**
   * Numbers: one to be told, or 1 and 0 for each of K labels.
   *
   * @param values K
   */
  record Numbers(float[] values) implements Target {
    @Override
    public String toString() {
      return Arrays.toString(values);
    }
  }
}
