package dev.hone.app;

import dev.hone.error.HoneException;
import dev.hone.inspect.Inspection;
import dev.hone.inspect.MemoryEstimate;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.cfg.EnumFeature;
import tools.jackson.databind.json.JsonMapper;

/** {@code hone inspect}: what a folder holds. */
@Command(
    name = "inspect",
    description = {
      "Shows what a model, an adapter or a run is made of, and whether it loads here: a folder,",
      "owner/name on the Hub, or a .safetensors file.",
      "",
      "Only the headers of the weights are read, so that a model of any size is there at once.",
      "Memory is estimated by a formula from the model's shapes."
    })
@Example(line = "hone inspect models/hone-base", does = "parameters, tokenizer, memory")
@Example(
    line = "hone inspect runs/feedback --verify",
    does = "the run, its adapter, and whether the base is the same")
@Example(line = "hone inspect adapter_model.safetensors --tensors", does = "every tensor of a file")
@Example(line = "hone inspect models/hone-base --json", does = "the same for a program")
@SuppressWarnings("NullAway.Init") // picocli fills the fields before a command runs
final class InspectCommand implements Callable<Integer> {
  private final Console console;

  @Parameters(
      index = "0",
      paramLabel = "MODEL",
      description = "Model, adapter, run or .safetensors file.")
  private Path given;

  @Option(names = "--json", description = "Write JSON.")
  private boolean json;

  @Option(names = "--tensors", description = "List every tensor, too.")
  private boolean tensors;

  @Option(
      names = "--verify",
      description = "Read the base's weights and compare their fingerprint with the adapter's.")
  private boolean verify;

  @Option(names = "--model", paramLabel = "FOLDER", description = "The base, if it was moved.")
  private @Nullable Path model;

  @Option(names = "--batch", description = "Rows at once, for the memory (${DEFAULT-VALUE}).")
  private int batch = MemoryEstimate.Load.USUAL.batch();

  @Option(names = "--tokens", description = "Tokens of a row, for the memory (${DEFAULT-VALUE}).")
  private int tokens = MemoryEstimate.Load.USUAL.tokens();

  @Option(names = "--rank", description = "Rank of LoRA, for the memory (${DEFAULT-VALUE}).")
  private int rank = MemoryEstimate.Load.USUAL.rank();

  InspectCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    Inspection inspection;
    MemoryEstimate.Load load = load();
    try (TransferLine line = new TransferLine(console, "fetch")) {
      inspection = Inspection.of(given, new Inspection.Options(model, verify, load), line);
    }
    if (json) {
      console
          .out()
          .println(
              JsonMapper.builder()
                  .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
                  .enable(SerializationFeature.INDENT_OUTPUT)
                  .enable(EnumFeature.WRITE_ENUMS_TO_LOWERCASE)
                  .build()
                  .writeValueAsString(inspection));
    } else {
      console.out().print(new InspectText(console, inspection, load).text(tensors));
    }
    return 0;
  }

  private MemoryEstimate.Load load() {
    if (batch < 1 || tokens < 1 || rank < 1) {
      throw new HoneException("--batch, --tokens and --rank are numbers from 1 on");
    }
    return new MemoryEstimate.Load(batch, tokens, rank);
  }
}
