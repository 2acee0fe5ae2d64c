package dev.hone.train;

/**
 * What a run must remember besides weights and moments.
 *
 * @param step optimiser steps done
 * @param bestLoss lowest validation loss so far, infinite before the first
 * @param bestStep step of that loss
 * @param worse validations since then
 * @param tokens real tokens seen
 */
public record TrainState(int step, double bestLoss, int bestStep, int worse, long tokens) {
  static TrainState start() {
    return new TrainState(0, Double.POSITIVE_INFINITY, 0, 0, 0);
  }

  TrainState stepped(long more) {
    return new TrainState(step + 1, bestLoss, bestStep, worse, tokens + more);
  }

  /** NaN is never better. */
  TrainState validated(double loss) {
    return loss < bestLoss
        ? new TrainState(step, loss, step, 0, tokens)
        : new TrainState(step, bestLoss, bestStep, worse + 1, tokens);
  }
}
