package dev.hone.run.head;

import dev.hone.data.Example;
import dev.hone.data.head.HeadTexts;
import dev.hone.data.head.LabelEncoder;
import dev.hone.data.head.Reading;
import dev.hone.evaluate.Measures;
import dev.hone.evaluate.MultiLabel;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** Any number of classes for a text: an answer is the probability of each label by itself. */
public record MultiLabelTask(HeadTexts texts, List<String> labels)
    implements MeasuredTask<Example.MultiLabelled, double[]> {
  @Override
  public Class<Example.MultiLabelled> rows() {
    return Example.MultiLabelled.class;
  }

  @Override
  public String columns() {
    return "text and labels";
  }

  @Override
  public List<Reading> readings(Example.MultiLabelled example) {
    return List.of(new LabelEncoder(texts, labels).reading(example));
  }

  @Override
  public double[] answer(
      Example.MultiLabelled example, List<Reading> readings, List<float[]> logits) {
    return Probabilities.sigmoid(logits.getFirst());
  }

  /** The labels that more than half of the rows carry. */
  @Override
  public Optional<Baseline<Example.MultiLabelled, double[]>> baseline(
      List<Example.MultiLabelled> train) {
    double[] shares =
        labels.stream()
            .mapToDouble(
                label -> (double) train.stream().filter(e -> e.labels().contains(label)).count())
            .map(count -> count / train.size())
            .toArray();
    return Optional.of(new Baseline<>("majority", e -> shares));
  }

  @Override
  public Measures measured(
      String name, List<Example.MultiLabelled> examples, List<double[]> answers) {
    List<Set<String>> gold =
        examples.stream().<Set<String>>map(e -> new TreeSet<>(e.labels())).toList();
    return MultiLabel.of(name, gold, answers.stream().map(this::told).toList(), labels);
  }

  /** The labels that are likelier than not. */
  private Set<String> told(double[] probabilities) {
    Set<String> told = new TreeSet<>();
    for (int i = 0; i < probabilities.length; i++) {
      if (probabilities[i] > 0.5) {
        told.add(labels.get(i));
      }
    }
    return told;
  }
}
