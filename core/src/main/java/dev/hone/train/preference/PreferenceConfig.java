package dev.hone.train.preference;

import dev.hone.config.OneOf;

/**
 * How preferences are learned; the recipe's {@code objective.type} chooses the record. Formulas and
 * key names are those of Python's TRL 1.13, the names in camel case.
 */
@OneOf({DpoConfig.class, OrpoConfig.class, SimPoConfig.class, KtoConfig.class})
public sealed interface PreferenceConfig permits PairedConfig, KtoConfig {

  /** Whether answers are compared with what the untrained model gives them. */
  boolean usesReference();

  /** What the objective takes an answer to be worth. */
  double reward(Answer answer);

  /** How likely the objective takes an answer to be, in all or for a token on average. */
  double likelihood(Answer answer);
}
