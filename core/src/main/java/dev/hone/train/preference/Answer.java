package dev.hone.train.preference;

/**
 * What two models make of one answer.
 *
 * @param logs sum of the log-probabilities of its tokens, by the model that learns
 * @param reference the same by the untrained model; 0 where none is asked
 * @param tokens of the answer, its end token included
 */
public record Answer(double logs, double reference, int tokens) {

  /** How much likelier the model has made it, as a logarithm. */
  double ratio() {
    return logs - reference;
  }

  /** Mean log-probability of a token. */
  double mean() {
    return logs / tokens;
  }

  double meanRatio() {
    return ratio() / tokens;
  }
}
