package dev.hone.evaluate;

import dev.hone.error.HoneException;
import java.util.Arrays;

/**
 * Whether a model prefers the answers that it should.
 *
 * @param rows pairs, or single answers
 * @param accuracy share of pairs whose better answer has the higher reward, a tie counting half; of
 *     single answers the share among all pairs of a wanted and an unwanted one (the area under the
 *     ROC curve, with its standard error by DeLong, DeLong and Clarke-Pearson, 1988)
 * @param likelier the same by how likely the model finds the answers, whatever a reference says
 * @param margin mean difference of the rewards
 */
public record Preference(int rows, Estimate accuracy, Estimate likelier, Estimate margin) {

  /** Values of one kind for better and worse answers. */
  public record Sides(double[] better, double[] worse) {}

  /** Of pairs: the i-th better answer stands against the i-th worse one. */
  public static Preference ofPairs(Sides rewards, Sides likelihoods) {
    int n = rewards.better().length;
    double[] margins = new double[n];
    Arrays.setAll(margins, i -> rewards.better()[i] - rewards.worse()[i]);
    return new Preference(n, mean(wins(rewards)), mean(wins(likelihoods)), mean(margins));
  }

  /**
   * Of answers that stand for themselves.
   *
   * @throws HoneException when all of them are wanted, or none
   */
  public static Preference ofSingles(Sides rewards, Sides likelihoods) {
    int better = rewards.better().length;
    int worse = rewards.worse().length;
    if (better == 0 || worse == 0) {
      throw new HoneException(
          "the test rows hold no answer that is "
              + (better == 0 ? "wanted" : "unwanted")
              + " (label "
              + (better == 0)
              + "), so that no preference can be measured; give data.split.test a larger share");
    }
    Estimate up = mean(rewards.better());
    Estimate down = mean(rewards.worse());
    return new Preference(
        better + worse,
        area(rewards),
        area(likelihoods),
        new Estimate(
            up.value() - down.value(), Math.hypot(up.standardError(), down.standardError())));
  }

  private static double[] wins(Sides sides) {
    double[] wins = new double[sides.better().length];
    Arrays.setAll(wins, i -> win(sides.better()[i], sides.worse()[i]));
    return wins;
  }

  private static double win(double better, double worse) {
    return better > worse ? 1 : better == worse ? 0.5 : 0;
  }

  private static Estimate area(Sides sides) {
    double[] above = new double[sides.better().length];
    double[] below = new double[sides.worse().length];
    for (int i = 0; i < above.length; i++) {
      for (int j = 0; j < below.length; j++) {
        double win = win(sides.better()[i], sides.worse()[j]);
        above[i] += win / below.length;
        below[j] += win / above.length;
      }
    }
    Estimate mean = mean(above);
    return new Estimate(
        mean.value(), Math.hypot(mean.standardError(), mean(below).standardError()));
  }

  /** With the standard error of a mean; NaN for a single value. */
  private static Estimate mean(double[] values) {
    int n = values.length;
    double mean = Arrays.stream(values).sum() / n;
    double squares = Arrays.stream(values).map(v -> (v - mean) * (v - mean)).sum();
    return new Estimate(mean, n < 2 ? Double.NaN : Math.sqrt(squares / (n - 1) / n));
  }
}
