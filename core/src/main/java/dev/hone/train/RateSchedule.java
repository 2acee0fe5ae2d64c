package dev.hone.train;

/**
 * The learning rate as a pure function of the optimiser step.
 *
 * @param total optimiser steps of the run
 */
public record RateSchedule(TrainConfig config, int total) {

  /** Steps over which the rate rises. */
  public int warmupSteps() {
    double warmup = config.warmup();
    return (int) Math.round(warmup < 1 ? warmup * total : warmup);
  }

  /**
   * @param step counted from 0
   */
  public double rate(int step) {
    if (config.schedule() == TrainConfig.Schedule.SLANTED_TRIANGULAR) {
      return config.rate() * config.slanted().share(step, total);
    }
    int warmup = warmupSteps();
    if (step < warmup) {
      return config.rate() * (step + 1) / warmup;
    }
    double done = total <= warmup ? 0 : (double) (step - warmup) / (total - warmup);
    return config.rate()
        * switch (config.schedule()) {
          case CONSTANT, SLANTED_TRIANGULAR -> 1;
          case LINEAR -> 1 - done;
          case COSINE -> 0.5 * (1 + Math.cos(Math.PI * done));
        };
  }
}
