package dev.hone.app;

import dev.hone.run.Merging;
import dev.hone.run.Tuned;
import dev.hone.tensor.DType;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code hone merge}: an adapter becomes part of its base. */
@Command(
    name = "merge",
    description = {
      "Folds an adapter into its base and writes a whole model that any program can load.",
      "",
      "What was written is read back and must give the adapter's logits, or it is removed again."
    })
@Example(line = "hone merge runs/feedback merged", does = "one model from base and adapter")
@SuppressWarnings("NullAway.Init") // picocli fills the fields before a command runs
final class MergeCommand implements Callable<Integer> {
  /** Types in which a merged model can be stored. */
  private enum Stored {
    F32(DType.F32),
    BF16(DType.BF16),
    F16(DType.F16);

    private final DType type;

    Stored(DType type) {
      this.type = type;
    }
  }

  private final Console console;

  @Parameters(index = "0", paramLabel = "FOLDER", description = "Run or adapter.")
  private Path folder;

  @Parameters(index = "1", paramLabel = "OUT", description = "Folder to be made.")
  private Path out;

  @Option(names = "--dtype", description = "F32, BF16 or F16 (${DEFAULT-VALUE}).")
  private Stored stored = Stored.F32;

  @Option(names = "--model", paramLabel = "FOLDER", description = "The base, if it was moved.")
  private @Nullable Path model;

  MergeCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    try (TransferLine line = new TransferLine(console, "fetch");
        Tuned tuned = Tuned.open(folder, model, line)) {
      Merging merging = Merging.write(tuned, out, stored.type);
      console
          .out()
          .printf(
              Locale.ROOT,
              "%s: the largest difference of a logit is %.1e (allowed %.1e)%n",
              out,
              merging.difference(),
              merging.bound());
      if (merging.again() != null) {
        console.out().println(again(merging.again()));
      }
      return 0;
    }
  }

  private static String again(Merging.Requantised again) {
    return String.format(
        Locale.ROOT,
        "kept as %s again, a logit is off by up to %.1e, where the adapter moves one by %.1e: %s",
        again.storage().word(),
        again.difference(),
        again.effect(),
        again.erases()
            ? "that would undo much of the training; use the merged model in a float type"
            : "that form will do as well");
  }
}
