package dev.hone.app;

import dev.hone.config.Yaml;
import dev.hone.error.HoneException;
import dev.hone.error.Nearest;
import dev.hone.recipe.Arms;
import dev.hone.recipe.Recipe;
import dev.hone.run.Trial;
import dev.hone.run.Trials;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.LongStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code hone compare}: which of several ways learns a task best, and what it costs. */
@Command(
    name = "compare",
    description = {
      "Tries several ways to do one task with several seeds, and shows mean and spread.",
      "",
      "Either one file that names a recipe and arms, each with the keys that it changes, or two",
      "recipes or more. All trials are measured on the same test rows; those of one seed learn from",
      "the same rows. Each is a process of its own. Ctrl-C or a crash loses little: trials that are",
      "done are not done again, one that was stopped is taken up; one that failed is tried again.",
      "",
      "Writes comparison.html, comparison.md and comparison.json beside the trials' runs."
    })
@Example(
    line = "hone compare recipes/methods.yaml --seeds 3",
    does = "every method on the feedback messages")
@Example(
    line =
        "hone compare recipes/compare-full.yaml recipes/compare-thawed.yaml --labels 100,500"
            + " --seeds 5",
    does = "full tuning against gradual unfreezing, with few labels")
@SuppressWarnings("NullAway.Init") // picocli fills the fields before the command runs
final class CompareCommand implements Callable<Integer> {
  private final Console console;

  @Parameters(
      arity = "1..*",
      paramLabel = "FILE|KEY=VALUE",
      description = "Arms or recipes, and keys that are changed in all that run.")
  private List<String> arguments;

  @Option(
      names = "--arms",
      split = ",",
      paramLabel = "NAME",
      description = "Only these, for example lora,ia3; all when absent.")
  private List<String> only = List.of();

  @Option(
      names = "--labels",
      split = ",",
      paramLabel = "N",
      description =
          "How many rows to learn from, those of the validation split included, for example"
              + " 100,500; all when absent.")
  private List<Integer> labels = List.of();

  @Option(
      names = "--seeds",
      defaultValue = "3",
      paramLabel = "N",
      description = "How many seeds, from 1; the default is ${DEFAULT-VALUE}.")
  private int seeds;

  CompareCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    if (seeds < 1 || labels.stream().anyMatch(n -> n < 1)) {
      throw new HoneException("--seeds and --labels take numbers from 1");
    }
    List<Path> files = arguments.stream().filter(a -> !a.contains("=")).map(Path::of).toList();
    List<String> changes = arguments.stream().filter(a -> a.contains("=")).toList();
    if (files.isEmpty()) {
      throw new HoneException("compare takes a file with arms, or two recipes or more");
    }
    Arms file =
        files.size() > 1 ? Arms.defaults() : Yaml.read(files.getFirst(), Arms.class, List.of());
    List<Recipe> arms =
        files.size() == 1
            ? file.recipes(chosen(file.arms().keySet()), changes)
            : chosen(files.stream().map(f -> Yaml.read(f, Recipe.class, changes)).toList());
    List<Long> all = LongStream.rangeClosed(1, seeds).boxed().toList();
    Trials trials = new Trials(arms, labels, all, arms.getFirst().runs().resolve(file.name()));
    try (RunProgress progress = new RunProgress(console)) {
      List<Trial> done =
          trials.execute(
              new ChildProcess(),
              progress,
              until -> new TrialsReport(until).write(trials.folder()));
      progress.close();
      TrialsReport report = new TrialsReport(done);
      console.out().println();
      console.out().print(report.table().text(console));
      console.out().println();
      report.lines().forEach(console.out()::println);
      console.out().println("\nruns     " + trials.folder());
      console.out().println("report   " + trials.folder().resolve(TrialsReport.PAGE));
      return done.stream().allMatch(trial -> trial.error() == null) ? 0 : 1;
    }
  }

  private List<Recipe> chosen(List<Recipe> recipes) {
    Collection<String> chosen = chosen(recipes.stream().map(Recipe::name).toList());
    return recipes.stream().filter(recipe -> chosen.contains(recipe.name())).toList();
  }

  private Collection<String> chosen(Collection<String> known) {
    for (String name : only) {
      if (!known.contains(name)) {
        throw new HoneException(
            "--arms: no arm is called '" + name + "'" + Nearest.hint(name, known));
      }
    }
    if (known.isEmpty()) {
      throw new HoneException("the file names no arms: give each a name and the keys it changes");
    }
    return only.isEmpty() ? known : only;
  }
}
