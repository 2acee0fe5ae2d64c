package dev.hone.evaluate;

import java.util.Locale;

/**
 * A measured number and how far chance alone may move it.
 *
 * @param value the number itself; a share lies in [0, 1]
 * @param standardError its standard error in the same unit; NaN where the rows are too few to tell
 */
public record Estimate(double value, double standardError) {

  /** A share of rows with its binomial standard error, {@code sqrt(p (1 - p) / n)}. */
  static Estimate share(long hits, long n) {
    double p = (double) hits / n;
    return new Estimate(p, Math.sqrt(p * (1 - p) / n));
  }

  /** For example {@code 0.712 ± 0.029}; without the second part where it is unknown. */
  @Override
  public String toString() {
    return Double.isNaN(standardError)
        ? String.format(Locale.ROOT, "%.3f", value)
        : String.format(Locale.ROOT, "%.3f ± %.3f", value, standardError);
  }
}
