package dev.hone;

import dev.hone.config.Yaml;
import dev.hone.error.HoneException;
import dev.hone.recipe.Recipe;
import dev.hone.run.Run;
import dev.hone.run.RunListener;
import dev.hone.run.RunResult;
import dev.hone.run.StagedRun;
import dev.hone.run.Tuned;
import dev.hone.store.hub.Transfer;
import dev.hone.train.StopSignal;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Where a program begins: read a recipe, train it, open what it left. */
public final class Hone {
  private Hone() {}

  /**
   * Reads a recipe.
   *
   * @param changes keys to change, for example {@code train.rate=1e-4}
   * @throws HoneException that names the line and key at fault
   */
  public static Recipe recipe(Path file, String... changes) {
    return Yaml.read(file, Recipe.class, List.of(changes));
  }

  /** Trains without a word; the result is also in the run's folder. */
  public static RunResult train(Recipe recipe) {
    return train(recipe, RunListener.SILENT);
  }

  /**
   * Trains, and tells how it goes on.
   *
   * @throws HoneException also for a recipe with stages, which {@link #trainStages} does
   */
  public static RunResult train(Recipe recipe, RunListener listener) {
    if (!recipe.stages().isEmpty()) {
      throw new HoneException(
          "the recipe '" + recipe.name() + "' has stages: Hone.trainStages does them");
    }
    return new Run(recipe, listener, new StopSignal()).execute().orElseThrow();
  }

  /** Does the stages of a recipe, each from the model of the one before. */
  public static StagedRun.Result trainStages(Recipe recipe, RunListener listener) {
    return new StagedRun(recipe, listener, new StopSignal()).execute().orElseThrow();
  }

  /**
   * Several adapters on one base model, which is opened with the first of them.
   *
   * @param base its folder, or null for the one that the first adapter names
   */
  public static Adapters adapters(@Nullable Path base) {
    return new Adapters(base);
  }

  /** Opens a run's folder, an adapter's or a model's, to ask it. */
  public static TunedModel open(Path folder) {
    return new TunedModel(Tuned.open(folder, null));
  }

  /** Opens a run's or an adapter's folder on a base model that lies elsewhere by now. */
  public static TunedModel open(Path folder, Path model) {
    return new TunedModel(Tuned.open(folder, model));
  }

  /**
   * The same, but each folder may also be {@code owner/name} on the Hub.
   *
   * @param model the base, or null for the one that the adapter names
   * @param listener hears how far files are that have to be fetched
   */
  public static TunedModel open(Path folder, @Nullable Path model, Transfer listener) {
    return new TunedModel(Tuned.open(folder, model, listener));
  }
}
