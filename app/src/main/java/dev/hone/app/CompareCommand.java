package dev.hone.app;

import dev.hone.config.Yaml;
import dev.hone.error.HoneException;
import dev.hone.recipe.Recipe;
import dev.hone.run.Trials;
import dev.hone.run.Trials.Trial;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.LongStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code hone compare}: which recipe learns more from few labels. */
@Command(
    name = "compare",
    description = {
      "Tries recipes for one task with few labels and several seeds, and shows mean and spread.",
      "",
      "All trials are measured on the same test rows; those of one seed learn from the same rows.",
      "The labels count the rows of the validation split. Ctrl-C or a crash loses at most",
      "one trial: those that are done are not done again."
    })
@Example(
    line =
        "hone compare recipes/compare-full.yaml recipes/compare-thawed.yaml --labels 100,500"
            + " --seeds 5",
    does = "full tuning against gradual unfreezing")
@SuppressWarnings("NullAway.Init") // picocli fills the fields before the command runs
final class CompareCommand implements Callable<Integer> {
  private final Console console;

  @Parameters(
      arity = "1..*",
      paramLabel = "RECIPE|KEY=VALUE",
      description = "Recipes, and keys that are changed in all of them.")
  private List<String> arguments;

  @Option(
      names = "--labels",
      split = ",",
      required = true,
      paramLabel = "N",
      description = "How many rows to learn from, for example 100,500.")
  private List<Integer> labels;

  @Option(
      names = "--seeds",
      defaultValue = "5",
      paramLabel = "N",
      description = "How many seeds, from 1; the default is ${DEFAULT-VALUE}.")
  private int seeds;

  CompareCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    List<String> files = arguments.stream().filter(a -> !a.contains("=")).toList();
    List<String> changes = arguments.stream().filter(a -> a.contains("=")).toList();
    List<Recipe> arms =
        files.stream().map(f -> Yaml.read(Path.of(f), Recipe.class, changes)).toList();
    if (arms.size() < 2) {
      throw new HoneException("compare takes two recipes or more, here are " + arms.size());
    }
    List<Long> all = LongStream.rangeClosed(1, seeds).boxed().toList();
    Trials trials = new Trials(arms, labels, all, arms.getFirst().runs().resolve("compare"));
    try (RunProgress progress = new RunProgress(console)) {
      List<Trial> done = trials.execute(progress);
      progress.close();
      console.out().println();
      console.out().print(TrialsText.table(console, done));
      TrialsText.differences(done).forEach(console.out()::println);
      console.out().println("\nruns     " + trials.folder());
      return 0;
    }
  }
}
