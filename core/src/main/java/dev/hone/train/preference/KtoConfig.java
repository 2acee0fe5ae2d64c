package dev.hone.train.preference;

import dev.hone.config.Doc;
import dev.hone.config.Name;
import dev.hone.config.Range;

/**
 * Kahneman-Tversky optimisation (arXiv:2402.01306): single answers, wanted or not, against the
 * untrained model and against how far the model has moved from it on answers to other questions.
 */
@Name("kto")
@Doc("Single answers, wanted or not, against the untrained model (arXiv:2402.01306)")
public record KtoConfig(
    @Doc("How firmly the model is held to the untrained one") @Range(min = 1e-6, max = 1000)
        double beta,
    @Doc("Shape of the loss") LossType lossType,
    @Doc("Weight of answers that are wanted") @Range(min = 0, max = 1000) double desirableWeight,
    @Doc("Weight of answers that are not") @Range(min = 0, max = 1000) double undesirableWeight)
    implements PreferenceConfig {

  /** Which loss. */
  public enum LossType {
    /** Equation 8 of the paper. */
    KTO,
    /** Without the divergence term (arXiv:2408.06266). */
    APO_ZERO_UNPAIRED
  }

  public static KtoConfig defaults() {
    return new KtoConfig(0.1, LossType.KTO, 1, 1);
  }

  /** Whether the loss asks how far the model has moved on answers to other questions. */
  boolean usesDivergence() {
    return lossType == LossType.KTO;
  }

  @Override
  public boolean usesReference() {
    return true;
  }

  @Override
  public double reward(Answer answer) {
    return beta * answer.ratio();
  }

  @Override
  public double likelihood(Answer answer) {
    return answer.logs();
  }

  /**
   * The loss of one answer, with its derivative as {@code byChosen}.
   *
   * @param divergence 0 or more
   */
  PairLoss loss(Answer answer, boolean wanted, double divergence) {
    double sign = wanted ? 1 : -1;
    double weight = wanted ? desirableWeight : undesirableWeight;
    double s = Logistic.sigmoid(sign * beta * (answer.ratio() - divergence));
    return new PairLoss(weight * (1 - s), -sign * weight * beta * s * (1 - s), 0);
  }
}
