package dev.hone.run.head;

import dev.hone.data.Example;
import dev.hone.data.head.HeadTexts;
import dev.hone.data.head.LabelEncoder;
import dev.hone.data.head.Reading;
import dev.hone.evaluate.Measures;
import dev.hone.evaluate.Regression;
import java.util.List;
import java.util.Optional;

/** A number for a text. */
public record RegressionTask(HeadTexts texts) implements MeasuredTask<Example.Rated, Double> {
  @Override
  public Class<Example.Rated> rows() {
    return Example.Rated.class;
  }

  @Override
  public String columns() {
    return "text and a number as label (data.format: regression)";
  }

  @Override
  public List<Reading> readings(Example.Rated example) {
    return List.of(new LabelEncoder(texts, List.of()).reading(example));
  }

  @Override
  public Double answer(Example.Rated example, List<Reading> readings, List<float[]> logits) {
    return (double) logits.getFirst()[0];
  }

  @Override
  public Optional<Baseline<Example.Rated, Double>> baseline(List<Example.Rated> train) {
    double mean = train.stream().mapToDouble(Example.Rated::value).average().orElse(0);
    return Optional.of(new Baseline<>("mean", e -> mean));
  }

  @Override
  public Measures measured(String name, List<Example.Rated> examples, List<Double> answers) {
    return Regression.of(
        name,
        examples.stream().mapToDouble(Example.Rated::value).toArray(),
        answers.stream().mapToDouble(Double::doubleValue).toArray());
  }
}
