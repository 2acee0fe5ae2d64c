package dev.hone.evaluate;

import dev.hone.error.HoneException;
import dev.hone.evaluate.Measures.Measure;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * How well the labels of rows are told that carry any number of them.
 *
 * <p>Micro-F1 counts every label of every row alike; macro-F1 is the mean F1 of the labels that
 * occur in gold or predicted; subset accuracy is the share of rows with all labels right. Empty
 * parts of an F1 make it 0, as in scikit-learn.
 */
public final class MultiLabel {
  private MultiLabel() {}

  /**
   * @param labels all that there are
   * @throws HoneException when there is no row
   */
  public static Measures of(
      String name, List<Set<String>> gold, List<Set<String>> predicted, List<String> labels) {
    int n = gold.size();
    if (n == 0) {
      throw new HoneException("no row to score: expected at least one test row");
    }
    int k = labels.size();
    double[][] micro = new double[n][3];
    double[][] each = new double[n][3 * k];
    int exact = 0;
    for (int row = 0; row < n; row++) {
      for (int label = 0; label < k; label++) {
        boolean is = gold.get(row).contains(labels.get(label));
        boolean said = predicted.get(row).contains(labels.get(label));
        double[] counts = {is && said ? 1 : 0, said ? 1 : 0, is ? 1 : 0};
        for (int c = 0; c < 3; c++) {
          micro[row][c] += counts[c];
          each[row][3 * label + c] = counts[c];
        }
      }
      exact += new TreeSet<>(gold.get(row)).equals(new TreeSet<>(predicted.get(row))) ? 1 : 0;
    }
    return new Measures(
        name,
        n,
        List.of(
            Measure.share("micro-F1", Bootstrap.of(micro, s -> Bootstrap.f1(s[0], s[1], s[2]))),
            Measure.share("macro-F1", Bootstrap.of(each, MultiLabel::macro)),
            Measure.share("subset accuracy", Estimate.share(exact, n))));
  }

  private static double macro(double[] sums) {
    double f1 = 0;
    int occurring = 0;
    for (int i = 0; i < sums.length; i += 3) {
      if (sums[i + 1] + sums[i + 2] > 0) {
        f1 += Bootstrap.f1(sums[i], sums[i + 1], sums[i + 2]);
        occurring++;
      }
    }
    return Bootstrap.ratio(f1, occurring);
  }
}
