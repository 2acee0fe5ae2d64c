package dev.hone.run;

import dev.hone.config.Yaml;
import dev.hone.error.HoneException;
import dev.hone.evaluate.Estimate;
import dev.hone.recipe.Recipe;
import dev.hone.store.AtomicFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Several recipes for the same task, each tried with every seed, and with few labels where that is
 * asked for. All trials are measured on the same test rows; those of one number of labels and one
 * seed learn from the same rows. A trial that is done is not done again; one that fails is told of
 * and does not keep the others from being tried.
 *
 * @param arms recipes with names of their own
 * @param labels how many rows to learn from, those of the validation split included; empty for as
 *     many as the recipes say
 * @param folder where the trials' runs are
 */
public record Trials(List<Recipe> arms, List<Integer> labels, List<Long> seeds, Path folder) {

  /** Trains a recipe in a process of its own, so that time and memory are those of one trial. */
  public interface Process {
    /**
     * @param recipe a file
     * @param log takes what the process says
     * @return what went wrong, in a line; empty where nothing did
     */
    Optional<String> train(Path recipe, Path log);
  }

  public Trials {
    labels = labels.isEmpty() ? List.of(0) : labels;
    if (arms.stream().map(Recipe::name).distinct().count() < arms.size()) {
      throw new HoneException("two of the recipes have one name; give each a name of its own");
    }
    Recipe first = arms.getFirst();
    for (Recipe arm : arms) {
      if (!arm.stages().isEmpty()) {
        throw new HoneException(
            arm.name()
                + " has stages: compare recipes of one stage each, and name the model that an"
                + " earlier stage has left (model=FOLDER)");
      }
      if (!arm.data().split().equals(first.data().split())
          || !arm.data().path().equals(first.data().path())) {
        throw new HoneException(
            arm.name()
                + " has other data or splits than "
                + first.name()
                + "; what is compared must be measured on the same rows");
      }
    }
  }

  /**
   * Every trial, by labels, seed and arm.
   *
   * @param each hears of all that are over, after each of them
   */
  public List<Trial> execute(Process process, RunListener listener, Consumer<List<Trial>> each) {
    List<Trial> trials = new ArrayList<>();
    int of = labels.size() * seeds.size() * arms.size();
    for (int count : labels) {
      for (long seed : seeds) {
        for (Recipe arm : arms) {
          Recipe recipe = arm.trial(count, seed, folder);
          Optional<Path> done = done(recipe);
          Optional<String> wrong = Optional.empty();
          if (done.isEmpty()) {
            listener.stage(recipe.name(), trials.size() + 1, of);
            wrong = tried(recipe, process);
            done = wrong.isEmpty() ? done(recipe) : done;
          }
          String lacking = wrong.orElse("left no result");
          Trial trial =
              done.map(run -> Trial.read(arm.name(), count, seed, run))
                  .orElseGet(() -> Trial.failed(arm.name(), count, seed, lacking));
          if (trial.error() != null) {
            listener.note(recipe.name() + " failed: " + trial.error());
          }
          trials.add(trial);
          each.accept(List.copyOf(trials));
        }
      }
    }
    return trials;
  }

  private static Optional<String> tried(Recipe recipe, Process process) {
    Path file = recipe.runs().resolve(recipe.name() + ".yaml");
    try {
      Files.createDirectories(recipe.runs());
    } catch (IOException e) {
      throw new HoneException("cannot write below " + recipe.runs() + ": " + e.getMessage(), e);
    }
    AtomicFiles.write(file, Yaml.write(recipe));
    return process.train(file, recipe.runs().resolve(recipe.name() + ".log"));
  }

  /** The folder of a finished run of this very recipe. */
  private static Optional<Path> done(Recipe recipe) {
    String text = Yaml.write(recipe);
    try {
      for (int number = 1; ; number++) {
        String name = number == 1 ? recipe.name() : recipe.name() + "-" + number;
        Path run = recipe.runs().resolve(name);
        if (!Files.exists(run.resolve(RunResult.FILE))) {
          return Optional.empty();
        }
        if (Files.readString(run.resolve("recipe.yaml")).equals(text)) {
          return Optional.of(run);
        }
      }
    } catch (IOException e) {
      throw new HoneException(recipe.runs() + " cannot be read: " + e.getMessage(), e);
    }
  }

  /** The mean over seeds with its standard error, which one seed alone does not have. */
  public static Estimate mean(List<Double> values) {
    int n = values.size();
    double mean = values.stream().mapToDouble(v -> v).average().orElse(Double.NaN);
    double squares = values.stream().mapToDouble(v -> (v - mean) * (v - mean)).sum();
    return new Estimate(mean, n < 2 ? Double.NaN : Math.sqrt(squares / (n - 1) / n));
  }
}
