package dev.hone.app;

import dev.hone.run.Evaluation;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code hone eval}: measures a finished run again. */
@Command(
    name = "eval",
    description = {
      "Measures a finished run on its own test split, or on the rows of another file.",
      "",
      "The file needs the columns that the recipe names."
    })
@Example(line = "hone eval runs/feedback", does = "the same numbers as in its result.json")
@Example(line = "hone eval runs/feedback --data new.csv", does = "on rows of your own")
@SuppressWarnings("NullAway.Init") // picocli fills the fields before a command runs
final class EvalCommand implements Callable<Integer> {
  private final Console console;

  @Parameters(index = "0", paramLabel = "RUN", description = "Folder of a finished run.")
  private Path folder;

  @Option(names = "--data", paramLabel = "FILE", description = "Rows to measure on.")
  private @Nullable Path data;

  @Option(names = "--model", paramLabel = "FOLDER", description = "The base, if it was moved.")
  private @Nullable Path model;

  EvalCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    Evaluation evaluation;
    try (RunProgress progress = new RunProgress(console)) {
      evaluation = Evaluation.of(folder, model, data, progress);
    }
    if (evaluation.seen() > 0) {
      console
          .err()
          .println(
              evaluation.seen()
                  + " rows of this file were also in the run's training data: no honest test");
    }
    if (evaluation.line() != null) {
      console.out().print(ResultText.table(console, java.util.List.of(evaluation.line())));
      if (evaluation.line().detail() != null) {
        console.out().println();
        console.out().print(ResultText.confusion(console, evaluation.line().detail()));
      }
    }
    if (evaluation.measures() != null) {
      console.out().print(ResultText.measures(console, java.util.List.of(evaluation.measures())));
    }
    if (evaluation.preference() != null) {
      console
          .out()
          .print(ResultText.preferences(console, Map.of("tuned", evaluation.preference())));
    }
    if (evaluation.perplexity() != null) {
      console
          .out()
          .printf(
              Locale.ROOT,
              "perplexity %.3f ± %.3f over %d tokens%n",
              evaluation.perplexity().perplexity().value(),
              evaluation.perplexity().perplexity().standardError(),
              evaluation.perplexity().tokens());
    }
    return 0;
  }
}
