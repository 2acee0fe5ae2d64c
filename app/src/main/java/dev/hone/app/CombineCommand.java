package dev.hone.app;

import dev.hone.Adapters;
import dev.hone.Hone;
import dev.hone.error.HoneException;
import dev.hone.method.lora.Combination;
import dev.hone.method.lora.Combination.MajoritySign;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code hone combine}: one LoRA adapter of several. */
@Command(
    name = "combine",
    description = {
      "Makes one LoRA adapter of several on the same base, each with a weight.",
      "",
      "The ways are those of PEFT's add_weighted_adapter; docs/methods/several-adapters.md says"
          + " which to take."
    })
@Example(
    line = "hone combine both runs/a=0.7 runs/b=0.3 --type svd --rank 16",
    does = "a weighted sum, cut to a rank of 16")
@Example(
    line = "hone combine both runs/a runs/b --type ties --density 0.5",
    does = "weights of 1, half of the elements, signs that win")
@SuppressWarnings("NullAway.Init") // picocli fills the fields before a command runs
final class CombineCommand implements Callable<Integer> {
  private final Console console;

  @Parameters(index = "0", paramLabel = "OUT", description = "Folder to be made.")
  private Path out;

  @Parameters(
      index = "1..*",
      arity = "1..*",
      paramLabel = "FOLDER[=WEIGHT]",
      description = "Runs or adapters; a weight is 1 where none is given.")
  private List<String> parts;

  @Option(
      names = "--type",
      paramLabel = "TYPE",
      description = "${COMPLETION-CANDIDATES} (${DEFAULT-VALUE}).")
  private Combination.Type type = Combination.Type.LINEAR;

  @Option(
      names = "--rank",
      paramLabel = "N",
      description = "Rank of a type with svd; that of the largest when absent.")
  private int rank;

  @Option(
      names = "--density",
      paramLabel = "SHARE",
      description = "Share of the elements that pruning keeps (${DEFAULT-VALUE}).")
  private double density = 1;

  @Option(
      names = "--majority",
      paramLabel = "SIGN",
      description = "For ties: ${COMPLETION-CANDIDATES} (${DEFAULT-VALUE}).")
  private MajoritySign majority = MajoritySign.TOTAL;

  @Option(names = "--model", paramLabel = "FOLDER", description = "The base, if it was moved.")
  private @Nullable Path model;

  CombineCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    Map<String, Double> weights = new LinkedHashMap<>();
    for (String part : parts) {
      int at = part.lastIndexOf('=');
      String folder = at < 0 ? part : part.substring(0, at);
      if (weights.put(folder, at < 0 ? 1 : weight(part, at)) != null) {
        throw new HoneException(folder + " is named twice; add its weights up");
      }
    }
    try (TransferLine line = new TransferLine(console, "fetch");
        Adapters adapters = Hone.adapters(model)) {
      weights.keySet().forEach(folder -> adapters.load(folder, Path.of(folder), line));
      adapters
          .combine("combined", weights, new Combination(type, rank, density, majority))
          .save("combined", out);
    }
    console.out().printf("%s: one adapter of %s%n", out, String.join(", ", weights.keySet()));
    return 0;
  }

  private static double weight(String part, int at) {
    try {
      double weight = Double.parseDouble(part.substring(at + 1));
      if (Double.isFinite(weight)) {
        return weight;
      }
    } catch (NumberFormatException e) {
      // told below
    }
    throw new HoneException(part + ": behind = a number is expected, for example 0.5");
  }
}
