package dev.hone.train.preference;

/** The logistic function and its logarithm, without overflow. */
final class Logistic {
  private Logistic() {}

  static double sigmoid(double x) {
    return x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x));
  }

  static double logSigmoid(double x) {
    return Math.min(x, 0) - Math.log1p(Math.exp(-Math.abs(x)));
  }

  /** {@code log(1 - exp(x))} for x below 0. */
  static double log1mExp(double x) {
    return x < -Math.log(2) ? Math.log1p(-Math.exp(x)) : Math.log(-Math.expm1(x));
  }

  /**
   * The loss {@code -logSigmoid(margin)} where a share of the pairs is taken to be the wrong way
   * round, as a loss of the margin's factor {@code x}.
   */
  static PairLoss smoothed(double beta, double x, double flipped) {
    double margin = beta * x;
    return PairLoss.ofDifference(
        -(1 - flipped) * logSigmoid(margin) - flipped * logSigmoid(-margin),
        beta * (flipped * sigmoid(margin) - (1 - flipped) * sigmoid(-margin)));
  }
}
