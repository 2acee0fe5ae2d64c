package dev.hone.train.preference;

/**
 * The loss of one pair with its derivatives.
 *
 * @param byChosen with respect to the better answer's sum of log-probabilities
 * @param byRejected the same of the worse one
 */
record PairLoss(double loss, double byChosen, double byRejected) {

  /** Of a loss of one number, which is a difference between both answers. */
  static PairLoss ofDifference(double loss, double slope) {
    return new PairLoss(loss, slope, -slope);
  }

  /** With derivatives by the sums, of one that was taken by the means. */
  PairLoss overTokens(Answer chosen, Answer rejected) {
    return new PairLoss(loss, byChosen / chosen.tokens(), byRejected / rejected.tokens());
  }
}
