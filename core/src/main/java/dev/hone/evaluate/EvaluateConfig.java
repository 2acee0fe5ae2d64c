package dev.hone.evaluate;

import dev.hone.config.Doc;
import dev.hone.config.Range;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What the tuned model is measured against. */
public record EvaluateConfig(
    @Doc("Measured beside the tuned model on the same test rows") List<Baseline> baselines,
    @Doc("Examples in a few-shot prompt, taken from the training rows") @Range(min = 1, max = 64)
        int shots,
    @Doc("Score a choice by its log-likelihood per token instead of the sum")
        boolean lengthNormalized,
    @Doc("Score at most this many test rows; 0 means all") @Range(min = 0) int limit,
    @Doc("Rows scored at once") @Range(min = 1) int batch,
    @Doc(
            "Text that no run learns from (a file or folder with a column 'text', or .txt): its loss"
                + " before and after training tells what was forgotten")
        @Nullable Path general) {

  /** A line of the final table other than the tuned model. */
  public enum Baseline {
    MAJORITY,
    ZERO_SHOT,
    FEW_SHOT,
    RANDOM_WEIGHTS
  }

  public static EvaluateConfig defaults() {
    return new EvaluateConfig(List.of(Baseline.values()), 6, false, 0, 32, null);
  }
}
