package dev.hone.app;

import dev.hone.recipe.Recipe;
import dev.hone.run.MemoryPlan;
import dev.hone.run.Run;
import dev.hone.run.RunResult;
import dev.hone.run.StagedRun;
import dev.hone.train.StopSignal;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code hone train}: data, before, training, after, adapter and report. */
@Command(
    name = "train",
    description = {
      "Trains what a recipe says, and shows what it brought.",
      "",
      "'model' is a folder, or owner/name[@revision] on the Hugging Face Hub; 'data.path' names"
          + " files,",
      "or hf://datasets/owner/name[/path]. What is not here yet is fetched once.",
      "",
      "Writes runs/NAME with adapter, report, metrics and result. Ctrl-C writes a checkpoint and",
      "stops; the same command takes the run up again."
    })
@Example(line = "hone train recipes/feedback.yaml", does = "sort feedback into three moods")
@Example(
    line = "hone train recipes/feedback.yaml train.epochs=2 name=quick",
    does = "the same, shorter, in a folder of its own")
@Example(
    line = "hone train recipes/feedback.yaml --dry-run memory='1 GiB'",
    does = "how it would fit, without training")
final class TrainCommand implements Callable<Integer> {
  /** What shells report for a process that Ctrl-C ended. */
  private static final int INTERRUPTED = 130;

  private final Console console;

  @Mixin private final RecipeArguments arguments = new RecipeArguments();

  @Option(
      names = "--dry-run",
      description = "Say what the run would take of memory and time, and train nothing.")
  private boolean dryRun;

  TrainCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    Recipe recipe = arguments.recipe();
    if (dryRun) {
      return planned(recipe);
    }
    StopSignal stop = new StopSignal();
    CountDownLatch ended = new CountDownLatch(1);
    Thread hook = Thread.ofPlatform().unstarted(() -> interrupted(stop, ended));
    Runtime.getRuntime().addShutdownHook(hook);
    try (RunProgress progress = new RunProgress(console)) {
      boolean finished =
          recipe.stages().isEmpty() ? one(recipe, progress, stop) : staged(recipe, progress, stop);
      if (!finished) {
        console.err().println("stopped; the same command takes the run up again");
      }
      return finished ? 0 : INTERRUPTED;
    } finally {
      ended.countDown();
    }
  }

  private int planned(Recipe recipe) {
    MemoryPlan plan;
    try (RunProgress progress = new RunProgress(console)) {
      plan = new Run(recipe, progress, new StopSignal()).plan();
    }
    Table table = new Table("", "about");
    table.row("peak memory", Human.bytes(plan.peakBytes()));
    table.row(
        "one epoch of training", Human.duration(Duration.ofMillis((long) (1000 * plan.seconds()))));
    console.out().print(table.text(console));
    plan.choices().forEach(choice -> console.out().println("chosen: " + choice));
    return 0;
  }

  private boolean one(Recipe recipe, RunProgress progress, StopSignal stop) {
    Optional<RunResult> result = new Run(recipe, progress, stop).execute();
    progress.close();
    result.ifPresent(r -> ResultText.print(console, r, RunReports.write(r)));
    return result.isPresent();
  }

  private boolean staged(Recipe recipe, RunProgress progress, StopSignal stop) {
    Optional<StagedRun.Result> result = new StagedRun(recipe, progress, stop).execute();
    progress.close();
    result.ifPresent(r -> StagesText.print(console, r, StageReports.write(r)));
    return result.isPresent();
  }

  /** Runs when the JVM is asked to end: waits until the checkpoint is written. */
  private static void interrupted(StopSignal stop, CountDownLatch ended) {
    if (ended.getCount() > 0) {
      stop.request();
      try {
        boolean ignored = ended.await(60, TimeUnit.SECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
