package dev.hone.data.head;

import dev.hone.data.Example;
import dev.hone.data.Target;
import dev.hone.error.HoneException;
import dev.hone.error.Nearest;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A text, or two, with a class, several, or a number. A long text is cut from its right.
 *
 * @param labels the task's labels in the order of their numbers
 */
public record LabelEncoder(HeadTexts texts, List<String> labels) {

  /** Throws a HoneException for a label that is not among the task's. */
  public Reading reading(Example.Labelled example) {
    int label = number(example.label(), example);
    return Reading.of(texts.cut(example.text(), example.pair()), label, null, example.origin());
  }

  /** Throws a HoneException for a label that is not among the task's. */
  public Reading reading(Example.MultiLabelled example) {
    float[] carried = new float[labels.size()];
    example.labels().forEach(label -> carried[number(label, example)] = 1);
    return told(example.text(), example.pair(), carried, example);
  }

  public Reading reading(Example.Rated example) {
    return told(example.text(), example.pair(), new float[] {(float) example.value()}, example);
  }

  private Reading told(String text, @Nullable String pair, float[] values, Example example) {
    return Reading.of(texts.cut(text, pair), -1, new Target.Numbers(values), example.origin());
  }

  private int number(String label, Example example) {
    int number = labels.indexOf(label);
    if (number < 0) {
      throw new HoneException(
          "%s: label '%s' is not among the task's labels%s"
              .formatted(example.origin(), label, Nearest.hint(label, labels)));
    }
    return number;
  }
}
