package dev.hone.train.preference;

import dev.hone.config.Doc;
import dev.hone.config.Name;
import dev.hone.config.Range;

/** Direct preference optimisation (arXiv:2305.18290) and the losses that share its reference. */
@Name("dpo")
@Doc("Pairs, against the untrained model: DPO (arXiv:2305.18290) and its relatives")
public record DpoConfig(
    @Doc("How firmly the model is held to the untrained one; the tau of ipo")
        @Range(min = 1e-6, max = 1000)
        double beta,
    @Doc("Shape of the loss") LossType lossType,
    @Doc(
            "Share of pairs taken to be the wrong way round: with sigmoid conservative DPO, with robust")
        @Range(min = 0, max = 0.4999)
        double labelSmoothing,
    @Doc("Leave the untrained model out, as if it found every answer equally likely")
        boolean referenceFree)
    implements PairedConfig {

  /** Which loss. */
  public enum LossType {
    /** {@code -log sigmoid(beta d)} of the difference d of both log-ratios. */
    SIGMOID,
    /** The same of ratios a token. */
    SIGMOID_NORM,
    /** {@code max(0, 1 - beta d)} (arXiv:2305.10425). */
    HINGE,
    /** {@code (d - 1 / (2 beta))^2} of ratios a token (arXiv:2310.12036). */
    IPO,
    /** Sigmoid without the bias of labels that are wrong at a known rate (arXiv:2403.00409). */
    ROBUST,
    /** Chosen up, rejected down, each by itself (arXiv:2408.06266). */
    APO_ZERO,
    /** Both down, rejected more (arXiv:2408.06266). */
    APO_DOWN
  }

  public DpoConfig {
    if (labelSmoothing > 0 && lossType != LossType.SIGMOID && lossType != LossType.ROBUST) {
      throw new IllegalArgumentException(
          "labelSmoothing is for lossType sigmoid and robust; leave it at 0");
    }
  }

  public static DpoConfig defaults() {
    return new DpoConfig(0.1, LossType.SIGMOID, 0, false);
  }

  @Override
  public boolean usesReference() {
    return !referenceFree;
  }

  @Override
  public double likelihoodWeight() {
    return 0;
  }

  @Override
  public double reward(Answer answer) {
    return beta * answer.ratio();
  }

  @Override
  public double likelihood(Answer answer) {
    return lossType == LossType.IPO || lossType == LossType.SIGMOID_NORM
        ? answer.mean()
        : answer.logs();
  }

  @Override
  public PairLoss loss(Answer chosen, Answer rejected) {
    double d = chosen.ratio() - rejected.ratio();
    double perToken = chosen.meanRatio() - rejected.meanRatio();
    return switch (lossType) {
      case SIGMOID -> Logistic.smoothed(beta, d, labelSmoothing);
      case SIGMOID_NORM -> Logistic.smoothed(beta, perToken, 0).overTokens(chosen, rejected);
      case HINGE -> PairLoss.ofDifference(Math.max(0, 1 - beta * d), beta * d < 1 ? -beta : 0);
      case IPO -> {
        double off = perToken - 1 / (2 * beta);
        yield PairLoss.ofDifference(off * off, 2 * off).overTokens(chosen, rejected);
      }
      case ROBUST -> robust(beta * d);
      case APO_ZERO -> {
        double c = Logistic.sigmoid(reward(chosen));
        double r = Logistic.sigmoid(reward(rejected));
        yield new PairLoss(1 - c + r, -beta * c * (1 - c), beta * r * (1 - r));
      }
      case APO_DOWN -> {
        double c = Logistic.sigmoid(reward(chosen));
        double both = Logistic.sigmoid(beta * d);
        double slope = beta * both * (1 - both);
        yield new PairLoss(c + 1 - both, beta * c * (1 - c) - slope, slope);
      }
    };
  }

  private PairLoss robust(double margin) {
    double right = 1 - labelSmoothing;
    double scale = 1 - 2 * labelSmoothing;
    return PairLoss.ofDifference(
        (labelSmoothing * Logistic.logSigmoid(-margin) - right * Logistic.logSigmoid(margin))
            / scale,
        -beta
            * (labelSmoothing * Logistic.sigmoid(margin) + right * Logistic.sigmoid(-margin))
            / scale);
  }
}
