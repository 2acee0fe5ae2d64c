package dev.hone.evaluate;

import java.util.List;

/**
 * One line of a table of other measures than those of classes.
 *
 * @param name who answered, for example {@code tuned}
 * @param n rows scored
 * @param values the first one is what the task is judged by
 */
public record Measures(String name, int n, List<Measure> values) {

  /**
   * One of them.
   *
   * @param name for example {@code f1}
   * @param share whether it lies in [0, 1] and is shown in percent
   */
  public record Measure(String name, Estimate value, boolean share) {
    static Measure share(String name, Estimate value) {
      return new Measure(name, value, true);
    }

    static Measure number(String name, Estimate value) {
      return new Measure(name, value, false);
    }
  }

  /** The share of rows that are right, alone. */
  public static Measures accuracy(String name, int right, int n) {
    return new Measures(name, n, List.of(Measure.share("accuracy", Estimate.share(right, n))));
  }

  /** The estimate of this name. */
  public Estimate value(String measure) {
    return values.stream()
        .filter(v -> v.name().equals(measure))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("no measure " + measure))
        .value();
  }
}
