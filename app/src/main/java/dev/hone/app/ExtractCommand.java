package dev.hone.app;

import dev.hone.method.lora.LoraConfig;
import dev.hone.run.Extracted;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code hone extract}: a LoRA adapter out of a model that was tuned whole. */
@Command(
    name = "extract",
    description = {
      "Makes a LoRA adapter of a model that was tuned whole and the base it came from.",
      "",
      "The difference of each weight is cut to a rank by its singular values. What differs beside"
          + " the targets, norms or a head, is kept in the adapter as it is."
    })
@Example(
    line = "hone extract models/hone-base runs/full adapter --rank 32",
    does = "an adapter of rank 32, and how near it comes")
@SuppressWarnings("NullAway.Init") // picocli fills the fields before a command runs
final class ExtractCommand implements Callable<Integer> {
  private final Console console;

  @Parameters(index = "0", paramLabel = "BASE", description = "The model before: folder or name.")
  private Path base;

  @Parameters(index = "1", paramLabel = "TUNED", description = "The model after, or its run.")
  private Path tuned;

  @Parameters(index = "2", paramLabel = "OUT", description = "Folder to be made.")
  private Path out;

  @Option(names = "--rank", paramLabel = "N", description = "Rank r (${DEFAULT-VALUE}).")
  private int rank = 16;

  @Option(
      names = "--targets",
      paramLabel = "MODULE",
      split = ",",
      description = "Names or name endings of linears; all of them when absent.")
  private List<String> targets = List.of("all-linear");

  ExtractCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    LoraConfig config =
        new LoraConfig(rank, rank, 0, targets, false, List.of(), Map.of(), Map.of());
    try (TransferLine line = new TransferLine(console, "fetch")) {
      Extracted extracted = Extracted.write(base, tuned, config, out, line);
      console
          .out()
          .printf(
              Locale.ROOT,
              "%s: rank %d holds %.1f %% of what the targets have moved; a logit is off by up to"
                  + " %.1e, where tuning moved one by %.1e; %d modules whole%n",
              out,
              rank,
              100 * (1 - extracted.lost()),
              extracted.difference(),
              extracted.moved(),
              extracted.whole());
    }
    return 0;
  }
}
