package dev.hone.train;

import dev.hone.data.TokenRow;
import dev.hone.error.HoneException;
import dev.hone.tensor.Engine;
import dev.hone.tensor.OutOfMemory;
import java.util.Comparator;
import java.util.List;

/**
 * Which rows of a step are computed at once: as many as the configuration allows, and fewer from
 * the step on in which memory runs out. Gradients add up to the same in any division; only what
 * dropout draws is other.
 */
final class Division {
  private final Trainer trainer;
  private int microTokens;
  private List<TokenRow> at = List.of();

  Division(Trainer trainer, int microTokens) {
    this.trainer = trainer;
    this.microTokens = microTokens;
  }

  int microTokens() {
    return microTokens;
  }

  List<List<TokenRow>> parts(List<TokenRow> rows) {
    TrainConfig config = trainer.config();
    at = rows;
    if (!trainer.model().head().mixesRows()) {
      return MicroBatches.of(rows, config.microBatch(), microTokens, config.packs());
    }
    if (config.microBatch() > 0) {
      throw new HoneException(
          "train.microBatch: the batch norms of "
              + trainer.model().architecture()
              + " look at all rows of a step together; leave it at 0 and lower train.batch");
    }
    return List.of(rows);
  }

  /** These rows are computed now. */
  void at(List<TokenRow> part) {
    at = part;
  }

  /**
   * Halves what is computed at once, and says so; the step must be done again from its beginning.
   *
   * @param moved whether weights have moved in this step already
   * @throws RuntimeException the failure itself, where it was for another reason than memory
   * @throws HoneException where the part cannot be smaller
   */
  void halve(int step, RuntimeException failure, boolean moved) {
    if (!OutOfMemory.is(failure)) {
      throw failure;
    }
    if (moved) {
      throw new HoneException(
          "step "
              + (step + 1)
              + ": memory ran out after some weights had moved (train.optimizerInBackward), so the"
              + " step cannot be done again; lower train.microTokens, and start the same recipe"
              + " again: it goes on from the last checkpoint",
          failure);
    }
    boolean whole = trainer.model().head().mixesRows();
    if (at.size() == 1 || whole) {
      throw tooLarge(step, whole, failure);
    }
    long tokens = Footprint.tokens(at, trainer.config().packs());
    microTokens = (int) (tokens / 2);
    Engine.giveBackMemory();
    trainer
        .listener()
        .note(
            "step "
                + (step + 1)
                + ": "
                + tokens
                + " tokens at once do not fit into memory; it is done again with at most "
                + microTokens
                + " (a longer row is alone), with the same gradients; train.microTokens="
                + microTokens
                + " begins so");
  }

  private HoneException tooLarge(int step, boolean whole, RuntimeException failure) {
    TokenRow longest = at.stream().max(Comparator.comparingInt(TokenRow::length)).orElseThrow();
    return new HoneException(
        "step "
            + (step + 1)
            + ": "
            + (whole
                ? "its rows do not fit into memory, and batch norms look at all of them together;"
                    + " lower train.batch"
                : longest.origin()
                    + ": "
                    + longest.length()
                    + " tokens do not fit into memory even alone; compute layers twice"
                    + " (train.gradientCheckpointing=true)")
            + ", shorten rows (data.maxTokens), keep frozen weights smaller (dtype=int8), or train"
            + " less (method.type=lora)",
        failure);
  }
}
