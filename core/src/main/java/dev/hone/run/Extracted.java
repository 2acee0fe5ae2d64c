package dev.hone.run;

import dev.hone.error.HoneException;
import dev.hone.method.lora.Extraction;
import dev.hone.method.lora.Lora;
import dev.hone.method.lora.LoraConfig;
import dev.hone.model.Adapter;
import dev.hone.model.Storage;
import dev.hone.model.head.HeadKind;
import dev.hone.store.hub.Transfer;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * An adapter made of two checkpoints, and how near it comes.
 *
 * @param lost the share of the difference of the adapted weights that the rank could not hold
 * @param difference the largest one of a logit between the tuned model and base with adapter
 * @param moved the same between the tuned model and the base
 * @param whole how many modules the adapter holds as they are
 */
public record Extracted(double lost, double difference, double moved, int whole) {
  /**
   * Writes the LoRA adapter that comes nearest to a model which was tuned whole. What differs
   * outside its targets (norms, embeddings, biases, a head) is kept in it as it is.
   *
   * @param base the folder of the model as it was, or its name on the Hub
   * @param tuned that of the model as it is, or of the run that has tuned it
   * @param config whose rank and targets count
   * @param out a folder that does not exist yet
   */
  public static Extracted write(
      Path base, Path tuned, LoraConfig config, Path out, Transfer listener) {
    if (Files.exists(out)) {
      throw new HoneException(out + " exists; name a folder that does not");
    }
    try (Tuned whole = Tuned.open(tuned, null, listener)) {
      if (whole.method() != null) {
        throw new HoneException(
            tuned + " is an adapter already; name a model that was tuned whole");
      }
      try (Base from = base(Located.folder(base, listener), whole)) {
        LoraConfig covering = Extraction.covering(config, from.model(), whole.base().model());
        Extraction extraction = Extraction.of(covering, from.model(), whole.base().model());
        try (Lora lora = extraction.lora()) {
          new Tuned(from, lora, whole.card().map(card -> card.onBase(from.fingerprint())))
              .export(out);
          return new Extracted(
              extraction.lost(),
              Probes.difference(whole.base().model(), Adapter.NONE, from.model(), lora),
              Probes.difference(whole.base().model(), Adapter.NONE, from.model(), Adapter.NONE),
              covering.modulesToSave().size());
        }
      }
    }
  }

  /** With a head like that of the tuned model. */
  private static Base base(Path folder, Tuned whole) {
    HeadKind head = whole.base().head().orElse(null);
    return head == null
        ? Base.open(folder, Storage.FLOAT32)
        : Base.headed(folder, Storage.FLOAT32, tokenizer -> tokenizer, head, whole.labels());
  }
}
