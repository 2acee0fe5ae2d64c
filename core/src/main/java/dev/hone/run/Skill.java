package dev.hone.run;

import dev.hone.data.Batches;
import dev.hone.data.DataConfig;
import dev.hone.data.TokenRow;
import dev.hone.error.HoneException;
import dev.hone.evaluate.Measures;
import dev.hone.evaluate.Perplexity;
import dev.hone.evaluate.Preference;
import dev.hone.evaluate.ResultLine;
import dev.hone.model.Adapter;
import dev.hone.model.Model;
import dev.hone.recipe.Recipe;
import dev.hone.run.head.HeadTask;
import dev.hone.run.head.MaskTask;
import dev.hone.run.head.MeasuredTask;
import dev.hone.train.BatchPlan;
import dev.hone.train.EpochPlan;
import dev.hone.train.MicroBatches;
import dev.hone.train.Objective;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a run teaches: how it is trained and how it is measured. */
interface Skill {
  static Skill of(Base base, Recipe recipe, DataConfig data, Prepared rows) {
    Skill skill = chosen(base, recipe, data, rows);
    boolean streamed = skill instanceof TextSkill text && text.isStreamed();
    if (!recipe.train().activations().isOff() && !streamed) {
      throw new HoneException(
          "train.activations: alpha and beta are for a recurrent model (AWD-LSTM) that learns text as"
              + " one stream; leave them out");
    }
    return skill;
  }

  private static Skill chosen(Base base, Recipe recipe, DataConfig data, Prepared rows) {
    if (recipe.objective() != null) {
      return new PreferenceSkill(base, recipe.objective(), recipe.evaluate(), rows);
    }
    HeadTask<?, ?> task = rows.questions().task().orElse(null);
    if (task instanceof MeasuredTask<?, ?> measured) {
      if (recipe.train().labelSmoothing() > 0) {
        throw new HoneException(
            "train.labelSmoothing: the loss of rows with "
                + task.columns()
                + " has no smoothing here; set it to 0");
      }
      return new HeadSkill<>(measured, base, recipe.evaluate(), rows);
    }
    if (task instanceof MaskTask masks) {
      return new MaskedLmSkill(masks.masking(), base, recipe.evaluate(), rows);
    }
    return rows.labels().isEmpty()
        ? new TextSkill(base, data, recipe, rows)
        : new LabelSkill(base, data, recipe.evaluate(), rows, recipe.seed());
  }

  Objective objective();

  /** Whether the same model from random weights is a baseline worth training. */
  default boolean comparesWithRandomWeights() {
    return false;
  }

  /** Whether the model is given the same tokens of a row in every epoch. */
  default boolean repeatsRows() {
    return true;
  }

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
   * @param measures for tasks of other heads, else null
   */
  record Score(
      String name,
      @Nullable ResultLine line,
      int[] predicted,
      @Nullable Perplexity perplexity,
      @Nullable Preference preference,
      @Nullable Measures measures) {

    static Score of(ResultLine line, int[] predicted) {
      return new Score(line.name(), line, predicted, null, null, null);
    }

    static Score of(String name, Perplexity perplexity) {
      return new Score(name, null, new int[0], perplexity, null, null);
    }

    static Score of(String name, Preference preference) {
      return new Score(name, null, new int[0], null, preference, null);
    }

    static Score of(Measures measures) {
      return new Score(measures.name(), null, new int[0], null, null, measures);
    }
  }
}
