package dev.hone.run.head;

import dev.hone.data.DroppedRow;
import dev.hone.data.Example;
import dev.hone.data.head.HeadTexts;
import dev.hone.data.head.Reading;
import dev.hone.data.head.SpanEncoder;
import dev.hone.evaluate.Measures;
import dev.hone.evaluate.SpanMatch;
import dev.hone.tokenizer.Encoding;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * The part of a text that answers a question: the likeliest pair of a first and a last token in all
 * windows, at most 30 tokens long, among the 20 likeliest of either.
 *
 * @param stride of the windows
 * @param unanswerable whether the answer may be that there is none; then it is, where both ends at
 *     the first token of the row are likelier, in the window where they are so the least
 */
public record SpanTask(HeadTexts texts, int stride, boolean unanswerable)
    implements MeasuredTask<Example.Asked, SpanTask.Found> {
  private static final int LONGEST = 30;
  private static final int BEST = 20;

  /**
   * A part of the text.
   *
   * @param text empty where there is no answer
   * @param begin where it stands in the context, in UTF-16 units; -1 where there is none
   * @param probability among the likeliest parts
   */
  public record Found(String text, int begin, double probability) {
    static final Found NONE = new Found("", -1, 0);
  }

  /** A possible answer; begin -1 is none. */
  private record Candidate(int begin, int end, double score) {}

  @Override
  public Class<Example.Asked> rows() {
    return Example.Asked.class;
  }

  @Override
  public String columns() {
    return "question, context and answers";
  }

  @Override
  public List<Reading> readings(Example.Asked example) throws DroppedRow {
    return new SpanEncoder(texts, stride).readings(example);
  }

  @Override
  public Found answer(Example.Asked example, List<Reading> readings, List<float[]> logits) {
    List<Candidate> candidates = new ArrayList<>();
    double none = Double.POSITIVE_INFINITY;
    for (int w = 0; w < readings.size(); w++) {
      none = Math.min(none, logits.get(w)[0] + logits.get(w)[1]);
      candidates.addAll(candidates(readings.get(w).encoding(), logits.get(w)));
    }
    // First of the likeliest, and the no-answer after parts that are as likely.
    candidates.sort(Comparator.comparingDouble(c -> -c.score()));
    List<Candidate> likeliest =
        new ArrayList<>(candidates.subList(0, Math.min(BEST, candidates.size())));
    if (unanswerable) {
      likeliest.add(new Candidate(-1, -1, none));
    }
    if (likeliest.isEmpty()) {
      return Found.NONE;
    }
    float[] scores = new float[likeliest.size()];
    IntStream.range(0, scores.length).forEach(i -> scores[i] = (float) likeliest.get(i).score());
    double[] probabilities = Probabilities.softmax(scores);
    int best = Probabilities.best(probabilities);
    Candidate chosen = likeliest.get(best);
    String text =
        chosen.begin() < 0 ? "" : example.context().substring(chosen.begin(), chosen.end());
    return new Found(text, chosen.begin(), probabilities[best]);
  }

  private static List<Candidate> candidates(Encoding window, float[] logits) {
    List<Candidate> candidates = new ArrayList<>();
    for (int first : likeliest(logits, 0)) {
      for (int last : likeliest(logits, 1)) {
        boolean inContext = window.texts()[first] == 1 && window.texts()[last] == 1;
        if (inContext && last >= first && last - first < LONGEST) {
          candidates.add(
              new Candidate(
                  window.begins()[first],
                  window.ends()[last],
                  logits[2 * first] + logits[2 * last + 1]));
        }
      }
    }
    return candidates;
  }

  /** The positions where an answer's end, 0 for its first and 1 for its last, is likeliest. */
  private static int[] likeliest(float[] logits, int end) {
    return IntStream.range(0, logits.length / 2)
        .boxed()
        .sorted(Comparator.comparingDouble(i -> -logits[2 * i + end]))
        .limit(BEST)
        .mapToInt(Integer::intValue)
        .toArray();
  }

  /** That there is no answer, where that may be. */
  @Override
  public Optional<Baseline<Example.Asked, Found>> baseline(List<Example.Asked> train) {
    return unanswerable
        ? Optional.of(new Baseline<>("no answer", e -> Found.NONE))
        : Optional.empty();
  }

  @Override
  public Measures measured(String name, List<Example.Asked> examples, List<Found> answers) {
    return SpanMatch.of(
        name,
        examples.stream().map(e -> e.answers().stream().map(Example.Span::text).toList()).toList(),
        answers.stream().map(Found::text).toList());
  }
}
