package dev.hone.data;

/**
 * One encoded row: its token ids and, for each of them, whether the model is to learn to produce
 * it.
 *
 * @param ids token ids, T of them
 * @param learned label mask, T of them; {@code learned[t]} means that position t-1 is trained to
 *     predict {@code ids[t]}
 * @param label index of the row's label among the task's labels, or -1
 * @param origin where the row came from, for messages: {@code file:line}
 */
public record TokenRow(int[] ids, boolean[] learned, int label, String origin) {

  public TokenRow {
    if (ids.length != learned.length) {
      throw new IllegalArgumentException(
          origin + ": " + ids.length + " ids but a mask of " + learned.length);
    }
  }

  public int length() {
    return ids.length;
  }

  /**
   * How many tokens of this row are labels. The first token has nothing before it to learn from.
   */
  public int learnedTokens() {
    int count = 0;
    for (int t = 1; t < learned.length; t++) {
      if (learned[t]) {
        count++;
      }
    }
    return count;
  }
}
