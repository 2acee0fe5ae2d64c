package dev.hone.run;

import dev.hone.config.Yaml;
import dev.hone.error.HoneException;
import dev.hone.evaluate.Estimate;
import dev.hone.recipe.Recipe;
import dev.hone.train.StopSignal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Several recipes for the same task tried with few labels, each with every number of labels and
 * every seed. All trials are measured on the same test rows; those of one number and seed learn
 * from the same rows. A trial that is done is not done again.
 *
 * @param arms recipes with names of their own
 * @param labels how many rows to learn from, those of the validation split included
 * @param folder where the trials' runs are
 */
public record Trials(List<Recipe> arms, List<Integer> labels, List<Long> seeds, Path folder) {

  /** What one of them gave. */
  public record Trial(
      String arm, int labels, long seed, double accuracy, double macroF1, double seconds) {}

  public Trials {
    if (arms.stream().map(Recipe::name).distinct().count() < arms.size()) {
      throw new HoneException("two of the recipes have one name; give each a name of its own");
    }
    for (Recipe arm : arms) {
      if (!arm.stages().isEmpty()) {
        throw new HoneException(
            arm.name()
                + " has stages: compare recipes of one stage each, and name the model that an"
                + " earlier stage has left (model=FOLDER)");
      }
      if (!arm.data().split().equals(arms.getFirst().data().split())
          || !arm.data().path().equals(arms.getFirst().data().path())) {
        throw new HoneException(
            arm.name()
                + " has other data or splits than "
                + arms.getFirst().name()
                + "; what is compared must be measured on the same rows");
      }
    }
  }

  /** Every trial, by labels, seed and arm. */
  public List<Trial> execute(RunListener listener) {
    List<Trial> trials = new ArrayList<>();
    int of = labels.size() * seeds.size() * arms.size();
    for (int count : labels) {
      for (long seed : seeds) {
        for (Recipe arm : arms) {
          Recipe recipe = arm.trial(count, seed, folder);
          listener.stage(recipe.name(), trials.size() + 1, of);
          Path run =
              done(recipe)
                  .orElseGet(
                      () ->
                          new Run(recipe, listener, new StopSignal())
                              .execute()
                              .orElseThrow()
                              .folder());
          trials.add(trial(arm.name(), count, seed, run));
        }
      }
    }
    return trials;
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

  private static Trial trial(String arm, int labels, long seed, Path run) {
    Path file = run.resolve(RunResult.FILE);
    try {
      JsonNode result = JsonMapper.shared().readTree(Files.readString(file));
      for (JsonNode line : result.path("lines")) {
        if (line.path("name").asString().equals(RunResult.TUNED)) {
          return new Trial(
              arm,
              labels,
              seed,
              line.path("accuracy").asDouble(),
              line.path("macro_f1").asDouble(),
              result.path("train_seconds").asDouble());
        }
      }
      throw new HoneException(arm + ": only recipes that tell labels apart can be compared");
    } catch (IOException | JacksonException e) {
      throw new HoneException(file + " cannot be read: " + e.getMessage(), e);
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
