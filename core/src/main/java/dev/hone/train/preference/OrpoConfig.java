package dev.hone.train.preference;

import dev.hone.config.Doc;
import dev.hone.config.Name;
import dev.hone.config.Range;

/**
 * Odds ratio preference optimisation (arXiv:2403.07691): the better row's likelihood, plus how much
 * its answer's odds are above the worse one's. Needs no reference.
 */
@Name("orpo")
@Doc("Pairs, without a reference: likelihood and odds ratio at once (arXiv:2403.07691)")
public record OrpoConfig(
    @Doc("Weight of the odds ratio beside the likelihood; the paper's lambda")
        @Range(min = 1e-6, max = 1000)
        double beta)
    implements PairedConfig {

  public static OrpoConfig defaults() {
    return new OrpoConfig(0.1);
  }

  @Override
  public boolean usesReference() {
    return false;
  }

  @Override
  public double likelihoodWeight() {
    return 1;
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
    double c = chosen.mean();
    double r = rejected.mean();
    double logOdds = c - r - (Logistic.log1mExp(c) - Logistic.log1mExp(r));
    // The product of sigmoid(-logOdds) and the slope of logOdds, multiplied out: an answer that has
    // become certain would otherwise be 0 times infinity.
    double notC = -Math.expm1(c);
    double notR = -Math.expm1(r);
    double both = Math.exp(c) * notR + Math.exp(r) * notC;
    return new PairLoss(
            -beta * Logistic.logSigmoid(logOdds),
            -beta * Math.exp(r) / both,
            beta * Math.exp(r) * notC / (both * notR))
        .overTokens(chosen, rejected);
  }
}
