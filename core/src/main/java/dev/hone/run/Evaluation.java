package dev.hone.run;

import dev.hone.config.Yaml;
import dev.hone.data.DataConfig;
import dev.hone.data.Splits;
import dev.hone.error.HoneException;
import dev.hone.evaluate.Measures;
import dev.hone.evaluate.Perplexity;
import dev.hone.evaluate.Preference;
import dev.hone.evaluate.ResultLine;
import dev.hone.model.Storage;
import dev.hone.recipe.Recipe;
import dev.hone.tensor.Precision;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A finished run measured again: on its own test split, where it must give the numbers of its
 * result, or on another file.
 *
 * @param line for rows with labels, else null
 * @param perplexity for text, else null
 * @param preference for preferences, else null
 * @param measures for tasks of other heads, else null
 * @param seen rows of the other file that the run was trained on; they are no test of anything
 */
public record Evaluation(
    @Nullable ResultLine line,
    @Nullable Perplexity perplexity,
    @Nullable Preference preference,
    @Nullable Measures measures,
    long seen) {

  /**
   * @param given folder of the run; of one in stages the last stage is measured
   * @param model the base's folder, where it is another one than the adapter names; or null
   * @param other rows to measure on in place of the test split, or null
   */
  public static Evaluation of(
      Path given, @Nullable Path model, @Nullable Path other, RunListener listener) {
    Path folder = StagedRun.last(given);
    Path file = folder.resolve("recipe.yaml");
    if (!Files.exists(file)) {
      throw new HoneException(folder + " is no run folder: it has no recipe.yaml");
    }
    Recipe recipe = Yaml.read(file, Recipe.class, List.of());
    DataConfig data = Located.rows(recipe.data(), listener);
    Splits splits = Splits.read(other == null ? data : data.testedOn(other));
    long seen =
        other == null
            ? 0
            : splits.report().dropped().stream()
                .filter(d -> d.reason().contains("duplicate"))
                .count();
    try (Precision products = Run.engine(recipe);
        Tuned tuned = Tuned.open(folder, model, listener)) {
      Base base = tuned.base();
      List<String> labels =
          tuned.card().map(AdapterCard::labels).orElseGet(() -> Prepared.labels(splits));
      Prepared rows = Prepared.of(splits, data, base, labels);
      Skill skill = Skill.of(base, recipe, data, rows);
      if (skill instanceof PreferenceSkill preferences) {
        refer(preferences, tuned, recipe, listener);
      }
      listener.phase(RunResult.TUNED);
      Skill.Score score = skill.score(RunResult.TUNED, base.model(), tuned.adapter(), listener);
      return new Evaluation(
          score.line(), score.perplexity(), score.preference(), score.measures(), seen);
    }
  }

  /** A model that was trained whole has left its base, which is the reference. */
  private static void refer(
      PreferenceSkill skill, Tuned tuned, Recipe recipe, RunListener listener) {
    Path untrained = Located.of(recipe, listener).model();
    if (tuned.method() != null || untrained == null) {
      skill.refer(tuned.base(), null, listener);
      return;
    }
    try (Base base = Base.open(untrained, Storage.AUTO, recipe.tokenizer()::added)) {
      skill.refer(base, null, listener);
    }
  }
}
