package dev.hone.evaluate;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.function.ToDoubleFunction;

/**
 * The standard error of a number that is worked out from sums over rows: its deviation over seeded
 * resamples of the rows (Efron, 1979).
 */
final class Bootstrap {
  private static final int RESAMPLES = 1_000;
  private static final int LEAST = 100;

  /** Additions that take about a second. */
  private static final long WORK = 500_000_000;

  private static final long SEED = 1;

  private Bootstrap() {}

  /**
   * @param sums what each row adds, [rows][sums]
   * @param statistic of their sums over the rows
   */
  static Estimate of(double[][] sums, ToDoubleFunction<double[]> statistic) {
    int n = sums.length;
    int width = sums[0].length;
    double[] total = new double[width];
    for (double[] row : sums) {
      add(total, row);
    }
    int resamples = (int) Math.clamp(WORK / ((long) n * width), LEAST, RESAMPLES);
    SplittableRandom random = new SplittableRandom(SEED);
    double[] values = new double[resamples];
    double[] sample = new double[width];
    for (int i = 0; i < resamples; i++) {
      Arrays.fill(sample, 0);
      for (int draw = 0; draw < n; draw++) {
        add(sample, sums[random.nextInt(n)]);
      }
      values[i] = statistic.applyAsDouble(sample);
    }
    double mean = Arrays.stream(values).average().orElse(Double.NaN);
    double squares = Arrays.stream(values).map(v -> (v - mean) * (v - mean)).sum();
    return new Estimate(
        statistic.applyAsDouble(total), n < 2 ? Double.NaN : Math.sqrt(squares / (resamples - 1)));
  }

  private static void add(double[] to, double[] values) {
    for (int i = 0; i < to.length; i++) {
      to[i] += values[i];
    }
  }

  /** part / whole, 0 where there is nothing. */
  static double ratio(double part, double whole) {
    return whole == 0 ? 0 : part / whole;
  }

  /** 2 TP / (predicted + gold), 0 where there is nothing. */
  static double f1(double hits, double predicted, double gold) {
    return ratio(2 * hits, predicted + gold);
  }
}
