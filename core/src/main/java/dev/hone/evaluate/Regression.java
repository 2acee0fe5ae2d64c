package dev.hone.evaluate;

import dev.hone.error.HoneException;
import dev.hone.evaluate.Measures.Measure;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * How well numbers are told: mean squared error, and the correlations of Pearson and Spearman
 * (equal numbers share the mean of their ranks), which are NaN where all numbers are equal.
 */
public final class Regression {
  private Regression() {}

  /**
   * @throws HoneException when there is no row
   */
  public static Measures of(String name, double[] gold, double[] predicted) {
    int n = gold.length;
    if (n == 0) {
      throw new HoneException("no row to score: expected at least one test row");
    }
    double[][] errors = new double[n][2];
    for (int i = 0; i < n; i++) {
      double error = predicted[i] - gold[i];
      errors[i] = new double[] {error * error, 1};
    }
    return new Measures(
        name,
        n,
        List.of(
            Measure.number("MSE", Bootstrap.of(errors, s -> s[0] / s[1])),
            Measure.number("pearson", correlation(gold, predicted)),
            Measure.number("spearman", correlation(ranks(gold), ranks(predicted)))));
  }

  private static Estimate correlation(double[] x, double[] y) {
    // Sums of squares of large numbers lose what differs between them.
    double meanX = Arrays.stream(x).average().orElse(0);
    double meanY = Arrays.stream(y).average().orElse(0);
    double[][] sums = new double[x.length][];
    for (int i = 0; i < x.length; i++) {
      double a = x[i] - meanX;
      double b = y[i] - meanY;
      sums[i] = new double[] {1, a, b, a * a, b * b, a * b};
    }
    return Bootstrap.of(sums, Regression::correlation);
  }

  private static double correlation(double[] s) {
    double spread = Math.sqrt(s[3] - s[1] * s[1] / s[0]) * Math.sqrt(s[4] - s[2] * s[2] / s[0]);
    return spread > 0 ? (s[5] - s[1] * s[2] / s[0]) / spread : Double.NaN;
  }

  /** From 1; equal numbers share the mean of theirs. */
  static double[] ranks(double[] values) {
    int[] order =
        IntStream.range(0, values.length)
            .boxed()
            .sorted(Comparator.comparingDouble(i -> values[i]))
            .mapToInt(Integer::intValue)
            .toArray();
    double[] ranks = new double[values.length];
    for (int from = 0; from < order.length; ) {
      int to = from;
      while (to < order.length && values[order[to]] == values[order[from]]) {
        to++;
      }
      for (int i = from; i < to; i++) {
        ranks[order[i]] = (from + 1 + to) / 2.0;
      }
      from = to;
    }
    return ranks;
  }
}
