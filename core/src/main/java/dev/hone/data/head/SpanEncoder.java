package dev.hone.data.head;

import dev.hone.data.DroppedRow;
import dev.hone.data.Example;
import dev.hone.data.Target;
import dev.hone.error.HoneException;
import dev.hone.tokenizer.Encoding;
import java.util.ArrayList;
import java.util.List;

/**
 * A question before the text that holds its answer. A long text is read in windows that overlap;
 * where a window does not hold the whole of the first answer, the answer is the first token of the
 * row ({@code [CLS]}), which means none (arXiv:1806.03822).
 *
 * @param stride tokens that a window moves; 0 means half of what it holds of the text
 */
public record SpanEncoder(HeadTexts texts, int stride) {

  /**
   * @throws DroppedRow for a question that leaves no room for the text
   * @throws HoneException when {@code data.stride} would leave out a part of the text
   */
  public List<Reading> readings(Example.Asked example) throws DroppedRow {
    Encoding all = texts.whole(example.question(), example.context());
    int tokens = all.count(1);
    int room = texts.maxTokens() - all.count(-1) - all.count(0);
    if (room < 1) {
      throw new DroppedRow("a question of %d tokens leaves no room".formatted(all.count(0)));
    }
    if (stride > room && tokens > room) {
      throw new HoneException(
          "%s: data.stride %d would leave out a part of the context, of which a window holds %d tokens beside the question; lower it"
              .formatted(example.origin(), stride, room));
    }
    int step = stride == 0 ? Math.ceilDiv(room, 2) : stride;
    List<Reading> readings = new ArrayList<>();
    for (int from = 0; from == 0 || from - step + room < tokens; from += step) {
      Encoding window = all.window(1, from, from + room);
      readings.add(Reading.of(window, -1, target(window, example), example.origin()));
    }
    return readings;
  }

  private static Target.Span target(Encoding window, Example.Asked example) {
    int[] context = window.positions(1);
    if (!example.answers().isEmpty() && context.length > 0) {
      Example.Span answer = example.answers().getFirst();
      int first = context[0];
      int last = context[context.length - 1];
      boolean whole =
          window.begins()[first] <= answer.begin() && window.ends()[last] >= answer.end();
      if (whole) {
        while (first < last && window.begins()[first + 1] <= answer.begin()) {
          first++;
        }
        while (last > first && window.ends()[last - 1] >= answer.end()) {
          last--;
        }
        return new Target.Span(first, last);
      }
    }
    return new Target.Span(0, 0);
  }
}
