package dev.hone.data.head;

import dev.hone.data.Batch;
import dev.hone.data.DroppedRow;
import dev.hone.data.Example;
import dev.hone.data.Target;
import dev.hone.tokenizer.Encoding;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Words with a tag each: the first piece of a word is labelled, its other pieces and special tokens
 * are not. A row longer than the model holds is cut between words into several.
 *
 * @param labels the task's tags in the order of their numbers
 */
public record TagEncoder(HeadTexts texts, List<String> labels) {

  /**
   * @throws DroppedRow for a word that alone is longer than a row, and where no word has a token
   */
  public List<Reading> readings(Example.Tagged example) throws DroppedRow {
    Encoding all = texts.words(example.words());
    int[] tokens = all.positions(0);
    int room = texts.maxTokens() - all.count(-1);
    List<Reading> readings = new ArrayList<>();
    for (int from = 0; from < tokens.length; ) {
      int to = Math.min(from + room, tokens.length);
      while (to < tokens.length && to > from && inside(all, tokens[to])) {
        to--;
      }
      if (to == from) {
        throw new DroppedRow("a word of more than " + room + " tokens");
      }
      Encoding part = all.window(0, from, to);
      readings.add(Reading.of(part, -1, new Target.Tokens(tags(part, example)), example.origin()));
      from = to;
    }
    if (readings.isEmpty()) {
      throw new DroppedRow("no word has a token");
    }
    return readings;
  }

  private int[] tags(Encoding part, Example.Tagged example) {
    int[] tags = new int[part.length()];
    Arrays.fill(tags, (int) Batch.IGNORE);
    for (int i : firsts(part)) {
      tags[i] = labels.indexOf(example.tags().get(part.words()[i]));
    }
    return tags;
  }

  /** The positions of the first pieces of words. */
  public static int[] firsts(Encoding encoding) {
    return Arrays.stream(encoding.positions(0)).filter(i -> !inside(encoding, i)).toArray();
  }

  /** Whether the token goes on with the word of the one before it. */
  private static boolean inside(Encoding encoding, int position) {
    return position > 0
        && encoding.texts()[position - 1] == 0
        && encoding.words()[position - 1] == encoding.words()[position];
  }
}
