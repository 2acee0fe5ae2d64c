package dev.hone.train;

/**
 * What a run must remember besides weights and moments.
 *
 * @param step optimiser steps done
 * @param bestLoss lowest validation loss so far, infinite before the first
 * @param bestStep step of that loss
 * @param worse validations since then
 * @param tokens real tokens seen
 * @param microTokens computed at once, which is less than was asked for where memory ran out
 */
public record TrainState(
    int step, double bestLoss, int bestStep, int worse, long tokens, int microTokens) {
  static TrainState start(TrainConfig config) {
    return new TrainState(0, Double.POSITIVE_INFINITY, 0, 0, 0, config.tokensAtOnce());
  }

  TrainState stepped(long more, int atOnce) {
    return new TrainState(step + 1, bestLoss, bestStep, worse, tokens + more, atOnce);
  }

  /** NaN is never better. */
  TrainState validated(double loss) {
    return loss < bestLoss
        ? new TrainState(step, loss, step, 0, tokens, microTokens)
        : new TrainState(step, bestLoss, bestStep, worse + 1, tokens, microTokens);
  }
}
