package dev.hone.train;

import dev.hone.config.Doc;
import dev.hone.config.Range;

/** The slanted triangle of ULMFiT (arXiv:1801.06146, section 3.2). */
public record SlantConfig(
    @Doc("Share of the steps in which the rate rises") @Range(min = 0.001, max = 0.999)
        double cutFrac,
    @Doc("Highest rate divided by the lowest") @Range(min = 1) double ratio) {

  public static SlantConfig defaults() {
    return new SlantConfig(0.1, 32);
  }

  /**
   * The rate as a share of the highest. Where {@code total * cutFrac} is no whole number the
   * paper's line would reach its lowest point before the end, and go on below; it stays there.
   *
   * @param step t, counted from 0
   * @param total T, steps of the run
   */
  double share(int step, int total) {
    double cut = Math.max(1, Math.floor(total * cutFrac));
    double p = step < cut ? step / cut : 1 - (step - cut) / (cut * (1 / cutFrac - 1));
    return (1 + Math.max(0, p) * (ratio - 1)) / ratio;
  }
}
