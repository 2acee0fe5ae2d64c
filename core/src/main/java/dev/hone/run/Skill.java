package dev.hone.run;

import dev.hone.data.Batches;
import dev.hone.data.DataConfig;
import dev.hone.data.TokenRow;
import dev.hone.evaluate.Perplexity;
import dev.hone.evaluate.Preference;
import dev.hone.evaluate.ResultLine;
import dev.hone.model.Adapter;
import dev.hone.model.Model;
import dev.hone.recipe.Recipe;
import dev.hone.train.BatchPlan;
import dev.hone.train.EpochPlan;
import dev.hone.train.MicroBatches;
import dev.hone.train.Objective;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a run teaches: how it is trained and how it is measured. */
interface Skill {
  static Skill of(Base base, Recipe recipe, DataConfig data, Prepared rows) {
    if (recipe.objective() != null) {
      return new PreferenceSkill(base, recipe.objective(), recipe.evaluate(), rows);
    }
    return rows.labels().isEmpty()
        ? new TextSkill(base, data, recipe.evaluate(), rows)
        : new LabelSkill(base, data, recipe.evaluate(), rows, recipe.seed());
  }

  Objective objective();

  /** The rows of every step. */
  default BatchPlan plan(List<TokenRow> rows, int batch, long seed) {
    return new EpochPlan(new Batches(rows, batch, seed));
  }

  /** Rows to be measured on, at most as many rows and tokens at once; 0 tokens means any number. */
  default List<List<TokenRow>> batches(List<TokenRow> rows, int batch, int tokens) {
    return MicroBatches.of(rows, batch, tokens, false);
  }

  /**
   * What a model does on the test rows.
   *
   * @param model the base, or another model of the same kind
   */
  Score score(String name, Model model, Adapter adapter, RunListener listener);

  /** Scores that need no training: what the tuned model is to beat. */
  List<Score> before(RunListener listener);

  /**
   * One line of results.
   *
   * @param line for rows with labels, else null
   * @param predicted class of each test row; empty without labels
   * @param perplexity for text, else null
   * @param preference for preferences, else null
   */
  record Score(
      String name,
      @Nullable ResultLine line,
      int[] predicted,
      @Nullable Perplexity perplexity,
      @Nullable Preference preference) {}
}
