package dev.hone.evaluate;

import dev.hone.error.HoneException;
import dev.hone.evaluate.Measures.Measure;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleBiFunction;
import java.util.regex.Pattern;

/**
 * How well answers agree with those that are right, by the rules of SQuAD (arXiv:1606.05250,
 * arXiv:1806.03822): case, ASCII punctuation, English articles and white space do not matter; F1 is
 * that of the words of both; the best of several right answers counts. Where there is none, only
 * the empty answer is right.
 */
public final class SpanMatch {
  private static final Pattern PUNCTUATION = Pattern.compile("\\p{Punct}");
  private static final Pattern ARTICLE =
      Pattern.compile("\\b(?:a|an|the)\\b", Pattern.UNICODE_CHARACTER_CLASS);
  private static final Pattern SPACE = Pattern.compile("\\s+", Pattern.UNICODE_CHARACTER_CLASS);

  private SpanMatch() {}

  /**
   * @param gold the right answers of each row; none where the empty one is right
   * @throws HoneException when there is no row
   */
  public static Measures of(String name, List<List<String>> gold, List<String> predicted) {
    if (gold.isEmpty()) {
      throw new HoneException("no answer to score: expected at least one test row");
    }
    return new Measures(
        name,
        gold.size(),
        List.of(
            Measure.share("f1", mean(gold, predicted, SpanMatch::f1)),
            Measure.share("exact match", mean(gold, predicted, SpanMatch::exact))));
  }

  private static Estimate mean(
      List<List<String>> gold,
      List<String> predicted,
      ToDoubleBiFunction<List<String>, List<String>> score) {
    double[][] sums = new double[gold.size()][];
    for (int row = 0; row < sums.length; row++) {
      List<String> said = words(predicted.get(row));
      List<List<String>> right =
          gold.get(row).stream().map(SpanMatch::words).filter(w -> !w.isEmpty()).toList();
      double best =
          right.isEmpty()
              ? score.applyAsDouble(List.of(), said)
              : right.stream().mapToDouble(r -> score.applyAsDouble(r, said)).max().orElse(0);
      sums[row] = new double[] {best, 1};
    }
    return Bootstrap.of(sums, s -> s[0] / s[1]);
  }

  static double exact(List<String> right, List<String> said) {
    return right.equals(said) ? 1 : 0;
  }

  static double f1(List<String> right, List<String> said) {
    if (right.isEmpty() || said.isEmpty()) {
      return exact(right, said);
    }
    Map<String, Integer> left = new HashMap<>();
    right.forEach(word -> left.merge(word, 1, Integer::sum));
    int shared = 0;
    for (String word : said) {
      if (left.merge(word, -1, Integer::sum) >= 0) {
        shared++;
      }
    }
    return Bootstrap.f1(shared, said.size(), right.size());
  }

  static List<String> words(String answer) {
    String bare = PUNCTUATION.matcher(answer.toLowerCase(Locale.ROOT)).replaceAll("");
    String plain = SPACE.matcher(ARTICLE.matcher(bare).replaceAll(" ")).replaceAll(" ").strip();
    return plain.isEmpty() ? List.of() : Arrays.asList(plain.split(" "));
  }
}
