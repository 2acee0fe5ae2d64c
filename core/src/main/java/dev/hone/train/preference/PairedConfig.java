package dev.hone.train.preference;

/** An objective that learns from pairs: rows with {@code chosen} and {@code rejected}. */
public sealed interface PairedConfig extends PreferenceConfig
    permits DpoConfig, OrpoConfig, SimPoConfig {

  PairLoss loss(Answer chosen, Answer rejected);

  /**
   * Weight of the negative log-likelihood of the better row, its prompt included, as the mean over
   * the tokens of a step.
   */
  double likelihoodWeight();
}
