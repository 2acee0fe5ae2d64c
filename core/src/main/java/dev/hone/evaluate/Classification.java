package dev.hone.evaluate;

import dev.hone.error.HoneException;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * How well predicted labels agree with the gold ones.
 *
 * <p>The rule for divisions by zero is scikit-learn's with {@code zero_division=0}: a label never
 * predicted has precision 0, a label without rows has recall 0, and an F1 whose parts are both
 * empty is 0. Macro-F1 is the plain mean over the labels that occur in gold or predicted; a label
 * that occurs in neither is left out of it.
 *
 * <p>The Matthews correlation coefficient is the multi-class one of Gorodkin, "Comparing two
 * K-category assignments by a K-category correlation coefficient" (2004). It is 0 when all rows, or
 * all predictions, carry one label.
 *
 * @param labels names of the labels, K
 * @param confusion rows [K gold][K predicted]
 * @param accuracy share of rows that are right, with its binomial standard error
 * @param macroF1 mean F1; standard error from a seeded bootstrap over rows
 * @param mcc Matthews correlation in [-1, 1]; standard error from the same bootstrap
 * @param perLabel one entry for each label, in the order of {@code labels}
 */
public record Classification(
    List<String> labels,
    int[][] confusion,
    Estimate accuracy,
    Estimate macroF1,
    Estimate mcc,
    List<Label> perLabel) {

  private static final int RESAMPLES = 1_000;
  private static final long SEED = 1;

  /**
   * Scores of one label.
   *
   * @param support rows that carry the label
   * @param predicted rows for which the label was predicted
   */
  public record Label(
      String name, double precision, double recall, double f1, int support, int predicted) {}

  /**
   * Compares two label columns. Equal arguments give equal standard errors.
   *
   * @param gold index into {@code labels} for each row
   * @param predicted index into {@code labels} for each row, in the same order
   * @throws HoneException when there is no row
   * @throws IllegalArgumentException when the columns differ in length or hold an unknown index
   */
  public static Classification of(int[] gold, int[] predicted, List<String> labels) {
    check(gold, predicted, labels.size());
    int n = gold.length;
    int[][] confusion = new int[labels.size()][labels.size()];
    Counts all = new Counts(labels.size());
    for (int row = 0; row < n; row++) {
      confusion[gold[row]][predicted[row]]++;
      all.add(gold[row], predicted[row]);
    }
    Moments macroF1 = new Moments();
    Moments mcc = new Moments();
    SplittableRandom random = new SplittableRandom(SEED);
    Counts sample = new Counts(labels.size());
    for (int resample = 0; resample < RESAMPLES; resample++) {
      sample.clear();
      for (int draw = 0; draw < n; draw++) {
        int row = random.nextInt(n);
        sample.add(gold[row], predicted[row]);
      }
      macroF1.add(sample.macroF1());
      mcc.add(sample.mcc());
    }
    return new Classification(
        List.copyOf(labels),
        confusion,
        Estimate.share(all.allHits(), n),
        new Estimate(all.macroF1(), macroF1.deviation()),
        new Estimate(all.mcc(), mcc.deviation()),
        perLabel(all, labels));
  }

  /** Number of rows compared. */
  public int rows() {
    return perLabel.stream().mapToInt(Label::support).sum();
  }

  private static List<Label> perLabel(Counts all, List<String> labels) {
    return IntStream.range(0, labels.size())
        .mapToObj(
            k ->
                new Label(
                    labels.get(k),
                    all.precision(k),
                    all.recall(k),
                    all.f1(k),
                    all.gold[k],
                    all.predicted[k]))
        .toList();
  }

  private static void check(int[] gold, int[] predicted, int labels) {
    if (gold.length != predicted.length) {
      throw new IllegalArgumentException(
          gold.length + " gold labels, but " + predicted.length + " predictions");
    }
    if (gold.length == 0) {
      throw new HoneException(
          "no test row to score: expected at least one, enlarge data.split.test or data.limit");
    }
    for (int row = 0; row < gold.length; row++) {
      if (Math.min(gold[row], predicted[row]) < 0
          || Math.max(gold[row], predicted[row]) >= labels) {
        throw new IllegalArgumentException(
            "row %d: label index %d or %d outside [0, %d)"
                .formatted(row, gold[row], predicted[row], labels));
      }
    }
  }

  /** Welford's running mean and variance. */
  private static final class Moments {
    private int n;
    private double mean;
    private double squares;

    void add(double value) {
      n++;
      double delta = value - mean;
      mean += delta / n;
      squares += delta * (value - mean);
    }

    double deviation() {
      return Math.sqrt(squares / (n - 1));
    }
  }
}
