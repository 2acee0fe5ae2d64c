package dev.hone.run.head;

import dev.hone.data.DroppedRow;
import dev.hone.data.Example;
import dev.hone.data.head.HeadTexts;
import dev.hone.data.head.Reading;
import dev.hone.data.head.TagEncoder;
import dev.hone.evaluate.Measures;
import dev.hone.evaluate.Tagging;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/** A tag for each word: that of its first piece. A word without a token gets O. */
public record TagTask(HeadTexts texts, List<String> labels)
    implements MeasuredTask<Example.Tagged, List<String>> {
  @Override
  public Class<Example.Tagged> rows() {
    return Example.Tagged.class;
  }

  @Override
  public String columns() {
    return "tokens and tags";
  }

  @Override
  public List<Reading> readings(Example.Tagged example) throws DroppedRow {
    return new TagEncoder(texts, labels).readings(example);
  }

  @Override
  public List<String> answer(Example.Tagged example, List<Reading> readings, List<float[]> logits) {
    String[] tags = new String[example.words().size()];
    Arrays.fill(tags, "O");
    for (int r = 0; r < readings.size(); r++) {
      for (int i : TagEncoder.firsts(readings.get(r).encoding())) {
        tags[readings.get(r).encoding().words()[i]] = likeliest(logits.get(r), i);
      }
    }
    return List.of(tags);
  }

  private String likeliest(float[] logits, int position) {
    int from = position * labels.size();
    int best = 0;
    for (int k = 1; k < labels.size(); k++) {
      best = logits[from + k] > logits[from + best] ? k : best;
    }
    return labels.get(best);
  }

  @Override
  public Optional<Baseline<Example.Tagged, List<String>>> baseline(List<Example.Tagged> train) {
    Map<String, Long> counts =
        train.stream()
            .flatMap(e -> e.tags().stream())
            .collect(Collectors.groupingBy(Function.identity(), Collectors.counting()));
    return labels.stream()
        .max((a, b) -> Long.compare(counts.getOrDefault(a, 0L), counts.getOrDefault(b, 0L)))
        .map(tag -> new Baseline<>("majority", e -> Collections.nCopies(e.words().size(), tag)));
  }

  @Override
  public Measures measured(String name, List<Example.Tagged> examples, List<List<String>> answers) {
    return Tagging.of(name, examples.stream().map(Example.Tagged::tags).toList(), answers);
  }
}
