package dev.hone.evaluate;

/**
 * McNemar's exact test: do two models differ on the same rows by more than chance?
 *
 * <p>Only the rows count that exactly one of the two got right. If the models were equally good,
 * each such row would fall to either side like a fair coin; {@code pValue} is the two-sided
 * binomial probability of a split at least as uneven (McNemar 1947, in its exact form).
 *
 * @param onlyFirst rows that only the first model got right
 * @param onlySecond rows that only the second model got right
 * @param pValue in (0, 1]; 1 when the models never differ
 */
public record McNemar(int onlyFirst, int onlySecond, double pValue) {

  /**
   * Compares two prediction columns on the same rows.
   *
   * @throws IllegalArgumentException when the columns differ in length
   */
  public static McNemar of(int[] gold, int[] first, int[] second) {
    if (gold.length != first.length || gold.length != second.length) {
      throw new IllegalArgumentException(
          "columns of unequal length: %d gold, %d first, %d second"
              .formatted(gold.length, first.length, second.length));
    }
    int onlyFirst = 0;
    int onlySecond = 0;
    for (int row = 0; row < gold.length; row++) {
      boolean firstRight = first[row] == gold[row];
      boolean secondRight = second[row] == gold[row];
      if (firstRight && !secondRight) {
        onlyFirst++;
      } else if (secondRight && !firstRight) {
        onlySecond++;
      }
    }
    return of(onlyFirst, onlySecond);
  }

  /** The test on the two counts of rows that exactly one model got right. */
  public static McNemar of(int onlyFirst, int onlySecond) {
    int n = onlyFirst + onlySecond;
    int k = Math.min(onlyFirst, onlySecond);
    // The largest term in logarithms, the others relative to it: 2^-n alone would underflow.
    double logLargest = -n * Math.log(2);
    for (int i = 1; i <= k; i++) {
      logLargest += Math.log((double) (n - i + 1) / i);
    }
    double sum = 0;
    double relative = 1;
    for (int i = k; i >= 0; i--) {
      sum += relative;
      relative *= (double) i / (n - i + 1);
    }
    double p = Math.min(1, 2 * Math.exp(logLargest) * sum);
    return new McNemar(onlyFirst, onlySecond, Math.max(p, Double.MIN_VALUE));
  }
}
