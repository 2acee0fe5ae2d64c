package dev.hone.run.head;

import dev.hone.data.Example;
import dev.hone.data.head.HeadTexts;
import dev.hone.data.head.LabelEncoder;
import dev.hone.data.head.Reading;
import java.util.List;

/** One class for a text: an answer is the probability of each label. */
public record LabelTask(HeadTexts texts, List<String> labels)
    implements HeadTask<Example.Labelled, double[]> {
  @Override
  public Class<Example.Labelled> rows() {
    return Example.Labelled.class;
  }

  @Override
  public String columns() {
    return "text and label";
  }

  @Override
  public List<Reading> readings(Example.Labelled example) {
    return List.of(new LabelEncoder(texts, labels).reading(example));
  }

  @Override
  public double[] answer(Example.Labelled example, List<Reading> readings, List<float[]> logits) {
    return Probabilities.softmax(logits.getFirst());
  }
}
