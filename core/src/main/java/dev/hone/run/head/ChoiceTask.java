package dev.hone.run.head;

import dev.hone.data.EncodedRows;
import dev.hone.data.Example;
import dev.hone.data.TokenRow;
import dev.hone.data.head.ChoiceEncoder;
import dev.hone.data.head.HeadTexts;
import dev.hone.data.head.Reading;
import dev.hone.error.HoneException;
import dev.hone.evaluate.Measures;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** The right one of several choices: an answer is the probability of each. */
public record ChoiceTask(HeadTexts texts) implements MeasuredTask<Example.Choice, double[]> {
  @Override
  public Class<Example.Choice> rows() {
    return Example.Choice.class;
  }

  @Override
  public String columns() {
    return "question, choices and label";
  }

  @Override
  public List<Reading> readings(Example.Choice example) {
    return List.of(new ChoiceEncoder(texts).reading(example));
  }

  /** Refuses rows that do not have as many choices as the first. */
  @Override
  public EncodedRows encode(List<? extends Example> examples, double maxDropped) {
    EncodedRows encoded = MeasuredTask.super.encode(examples, maxDropped);
    for (TokenRow row : encoded.rows()) {
      int first = encoded.rows().getFirst().sides().size();
      if (row.sides().size() != first) {
        throw new HoneException(
            "%s: %d choices, but %s has %d; all rows must have as many"
                .formatted(
                    row.origin(), row.sides().size(), encoded.rows().getFirst().origin(), first));
      }
    }
    return encoded;
  }

  @Override
  public double[] answer(Example.Choice example, List<Reading> readings, List<float[]> logits) {
    return Probabilities.softmax(logits.getFirst());
  }

  @Override
  public Optional<Baseline<Example.Choice, double[]>> baseline(List<Example.Choice> train) {
    int choices = train.stream().mapToInt(e -> e.choices().size()).max().orElse(0);
    double[] counts = new double[choices];
    train.forEach(e -> counts[e.right()]++);
    return Optional.of(new Baseline<>("majority", e -> counts));
  }

  @Override
  public Measures measured(String name, List<Example.Choice> examples, List<double[]> answers) {
    long right =
        IntStream.range(0, examples.size())
            .filter(i -> Probabilities.best(answers.get(i)) == examples.get(i).right())
            .count();
    return Measures.accuracy(name, (int) right, examples.size());
  }
}
