package dev.hone.train.preference;

import dev.hone.config.Doc;
import dev.hone.config.Name;
import dev.hone.config.Range;

/**
 * Simple preference optimisation (arXiv:2405.14734): mean log-probabilities are the rewards, and
 * the better one has to be ahead by a margin. TRL has it as {@code CPOConfig(loss_type="simpo")}.
 */
@Name("simpo")
@Doc("Pairs, without a reference: mean log-probabilities with a margin (arXiv:2405.14734)")
public record SimPoConfig(
    @Doc("Scale of the rewards; the paper takes 2 to 2.5, TRL's default is 0.1")
        @Range(min = 1e-6, max = 1000)
        double beta,
    @Doc("Margin that the better answer's reward must be ahead by") @Range(min = 0, max = 1000)
        double simpoGamma,
    @Doc("Share of pairs taken to be the wrong way round") @Range(min = 0, max = 0.4999)
        double labelSmoothing,
    @Doc("Weight of the better row's likelihood beside it (CPO-SimPO); TRL's default is 1")
        @Range(min = 0, max = 1000)
        double cpoAlpha)
    implements PairedConfig {

  public static SimPoConfig defaults() {
    return new SimPoConfig(2, 0.5, 0, 0);
  }

  @Override
  public boolean usesReference() {
    return false;
  }

  @Override
  public double likelihoodWeight() {
    return cpoAlpha;
  }

  @Override
  public double reward(Answer answer) {
    return beta * answer.mean();
  }

  @Override
  public double likelihood(Answer answer) {
    return answer.mean();
  }

  @Override
  public PairLoss loss(Answer chosen, Answer rejected) {
    double ahead = chosen.mean() - rejected.mean() - simpoGamma / beta;
    return Logistic.smoothed(beta, ahead, labelSmoothing).overTokens(chosen, rejected);
  }
}
