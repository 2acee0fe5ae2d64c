package dev.hone.model.family;

import dev.hone.model.head.HeadKind;
import dev.hone.model.head.ProblemType;
import dev.hone.store.Config;

/** How many classes a config.json names, and what kind of answer they are. */
final class Labels {
  private Labels() {}

  static int count(Config config) {
    return HeadKind.labels(config).size();
  }

  static ProblemType problem(Config config) {
    return problem(config, ProblemType.UNSET);
  }

  /**
   * @param unset what holds where config.json does not say
   */
  static ProblemType problem(Config config, ProblemType unset) {
    String name = config.optionalText("problem_type").orElse("");
    return switch (name) {
      case "" -> unset;
      case "regression" -> ProblemType.REGRESSION;
      case "single_label_classification" -> ProblemType.SINGLE_LABEL_CLASSIFICATION;
      case "multi_label_classification" -> ProblemType.MULTI_LABEL_CLASSIFICATION;
      default ->
          throw config.wrong(
              "problem_type",
              "regression, single_label_classification or multi_label_classification");
    };
  }
}
