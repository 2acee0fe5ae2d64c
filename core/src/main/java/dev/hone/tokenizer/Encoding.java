package dev.hone.tokenizer;

import java.util.Arrays;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/**
 * A text, two texts or a list of words as a model reads them, and where each token comes from.
 *
 * @param ids T token ids, special tokens included
 * @param types T segments ({@code token_type_ids})
 * @param texts T: 0 or 1 for the text that a token comes from, -1 for a special token
 * @param words T: number of the token's word in its text, -1 for a special token
 * @param begins T: where the token begins in its text, in UTF-16 units
 * @param ends T: where it ends, exclusive
 */
public record Encoding(int[] ids, int[] types, int[] texts, int[] words, int[] begins, int[] ends) {

  /** T. */
  public int length() {
    return ids.length;
  }

  /** How many tokens come from a text; of -1, how many are special. */
  public int count(int text) {
    return (int) Arrays.stream(texts).filter(t -> t == text).count();
  }

  /** The positions of a text's tokens, in their order. */
  public int[] positions(int text) {
    return IntStream.range(0, texts.length).filter(i -> texts[i] == text).toArray();
  }

  /**
   * At most so many tokens, cut from the right: the longer text gives way until both are of a
   * length. Special tokens stay.
   */
  public Encoding cut(int most) {
    if (length() <= most) {
      return this;
    }
    int room = Math.max(0, most - count(-1));
    int first = count(0);
    int second = count(1);
    int less = Math.min(Math.min(first, second), room / 2);
    int[] kept = first <= second ? new int[] {less, room - less} : new int[] {room - less, less};
    return window(0, 0, kept[0]).window(1, 0, kept[1]);
  }

  /** Of one text only these of its tokens; the other text and special tokens stay. */
  public Encoding window(int text, int from, int to) {
    int[] number = new int[length()];
    int next = 0;
    for (int i = 0; i < number.length; i++) {
      number[i] = texts[i] == text ? next++ : -1;
    }
    return only(i -> texts[i] != text || (number[i] >= from && number[i] < to));
  }

  private Encoding only(IntPredicate kept) {
    int[] positions = IntStream.range(0, length()).filter(kept).toArray();
    return new Encoding(
        at(ids, positions),
        at(types, positions),
        at(texts, positions),
        at(words, positions),
        at(begins, positions),
        at(ends, positions));
  }

  private static int[] at(int[] values, int[] positions) {
    return Arrays.stream(positions).map(i -> values[i]).toArray();
  }
}
