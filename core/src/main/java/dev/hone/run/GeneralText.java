package dev.hone.run;

import dev.hone.config.Place;
import dev.hone.data.DataConfig;
import dev.hone.data.Examples;
import dev.hone.data.TokenRow;
import dev.hone.error.HoneException;
import dev.hone.evaluate.Perplexity;
import dev.hone.model.Adapter;
import dev.hone.recipe.Recipe;
import dev.hone.train.MicroBatches;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Texts that have nothing to do with the task: what they lose in likelihood was forgotten. */
record GeneralText(Base base, List<TokenRow> rows) {

  /** Empty where the recipe names no such text. */
  static Optional<GeneralText> of(Recipe recipe, Base base) {
    Path file = recipe.evaluate().general();
    if (file == null) {
      return Optional.empty();
    }
    if (recipe.newModel() != null || !base.speaks()) {
      throw new HoneException(
          "evaluate.general: "
              + (base.speaks() ? "a new model has nothing to forget" : "this model writes no text")
              + "; leave it out");
    }
    // Windows of half the context, for virtual tokens take room too.
    int window = Math.max(2, base.model().backbone().maxPositions() / 2);
    DataConfig usual = DataConfig.defaults();
    DataConfig config =
        new DataConfig(
            List.of(Place.of(file)),
            DataConfig.Format.TEXT,
            Map.of(),
            List.of(),
            List.of(),
            usual.prompt(),
            usual.answer(),
            window,
            window / 2,
            usual.maxDropped(),
            0,
            usual.split());
    List<TokenRow> rows =
        Questions.of(base, config, List.of(), null).encode(Examples.read(config).rows()).rows();
    return Optional.of(new GeneralText(base, rows));
  }

  /** The loss of the base with this adapter. */
  Perplexity loss(Adapter adapter, RunListener listener) {
    listener.phase("general text");
    return TextSkill.perplexity(
        base.writing(),
        base.model(),
        adapter,
        MicroBatches.of(rows, 1, 0, false),
        base.tokenizer().padId(),
        listener);
  }
}
