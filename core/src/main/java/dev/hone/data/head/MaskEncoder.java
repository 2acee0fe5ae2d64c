package dev.hone.data.head;

import dev.hone.data.DroppedRow;
import dev.hone.data.Example;
import dev.hone.data.TokenRow;
import dev.hone.tokenizer.Encoding;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A document as rows one behind the other; {@code learned} says which tokens may be hidden, and
 * hides none.
 */
public record MaskEncoder(HeadTexts texts) {

  /**
   * @throws DroppedRow for a document without tokens
   */
  public List<Reading> readings(Example.Text document) throws DroppedRow {
    Encoding all = texts.whole(document.text(), null);
    int room = texts.maxTokens() - all.count(-1);
    List<Reading> readings = new ArrayList<>();
    for (int from = 0; from < all.count(0); from += room) {
      Encoding part = all.window(0, from, from + room);
      boolean[] hideable = new boolean[part.length()];
      IntStream.of(part.positions(0)).forEach(i -> hideable[i] = true);
      readings.add(new Reading(new TokenRow(part.ids(), hideable, -1, document.origin()), part));
    }
    if (readings.isEmpty()) {
      throw new DroppedRow("no token");
    }
    return readings;
  }
}
