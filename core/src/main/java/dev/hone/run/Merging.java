package dev.hone.run;

import dev.hone.error.HoneException;
import dev.hone.method.Merged;
import dev.hone.method.Method;
import dev.hone.model.Adapter;
import dev.hone.model.Model;
import dev.hone.model.ModelFiles;
import dev.hone.model.Storage;
import dev.hone.model.family.Families;
import dev.hone.store.Folders;
import dev.hone.tensor.DType;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Folds an adapter into its base and writes the whole model, which must then prove itself: read
 * back, it gives the adapter's logits, or it is removed again.
 *
 * @param difference largest difference of a logit on the probe rows
 * @param bound the largest that is allowed for this type
 * @param again where the base is quantised: what became of the merged model in the same form
 */
public record Merging(double difference, double bound, @Nullable Requantised again) {
  /**
   * Rounding a merged weight anew may take away what a light adapter has added.
   *
   * @param storage of the base while the adapter was trained
   * @param difference largest one of a logit between adapter and merged model in that form
   * @param effect largest one of a logit that the adapter makes
   */
  public record Requantised(Storage storage, double difference, double effect) {
    /** Whether more is lost than half of what the adapter does. */
    public boolean erases() {
      return difference > effect / 2;
    }
  }

  /** Largest difference allowed in F32; a narrower type rounds each weight. */
  private static final double EXACT = 1e-3;

  /**
   * @param out a folder that does not exist yet
   * @param type F32, BF16 or F16
   */
  public static Merging write(Tuned tuned, Path out, DType type) {
    Method method = tuned.method();
    if (method == null) {
      throw new HoneException("nothing to merge: this is a whole model, without an adapter");
    }
    if (Files.exists(out)) {
      throw new HoneException(out + " exists; name a folder that does not");
    }
    Model model = tuned.base().model();
    try (Merged merged = Merged.of(method)) {
      ModelFiles.write(out, model, merged.values(), type);
      tuned.base().writeTokenizer(out);
    }
    tuned.card().ifPresent(card -> AdapterCard.write(out, card.ofWholeModel()));
    double difference = difference(tuned, method, out, Storage.FLOAT32);
    double bound = type == DType.F32 ? EXACT : 0.02 * Probes.largest(model, method);
    if (!(difference <= bound)) {
      Folders.delete(out);
      throw new HoneException(
          "the merged model is not the tuned one: a logit differs by "
              + difference
              + ", allowed is "
              + bound
              + "; nothing was written");
    }
    Storage storage = tuned.base().storage();
    Requantised again = null;
    if (storage.isQuantised()) {
      again =
          new Requantised(storage, difference(tuned, method, out, storage), effect(tuned, method));
    }
    return new Merging(difference, bound, again);
  }

  private static double effect(Tuned tuned, Method method) {
    Model model = tuned.base().model();
    return Probes.difference(0, model, Adapter.NONE, model, method);
  }

  private static double difference(Tuned tuned, Method method, Path out, Storage storage) {
    try (Model merged = Families.load(out, storage)) {
      return Probes.difference(tuned.base().model(), method, merged, Adapter.NONE);
    }
  }
}
