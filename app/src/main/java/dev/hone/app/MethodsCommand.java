package dev.hone.app;

import dev.hone.app.bench.TimedSteps;
import dev.hone.config.Doc;
import dev.hone.config.Yaml;
import dev.hone.error.HoneException;
import dev.hone.inspect.MemoryEstimate;
import dev.hone.inspect.MethodCost;
import dev.hone.method.MethodConfig;
import dev.hone.method.SoftPromptConfig;
import dev.hone.model.Model;
import dev.hone.model.Storage;
import dev.hone.model.family.Families;
import dev.hone.run.Located;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code hone methods}: the ways to adapt a model, and what each costs. */
@Command(
    name = "methods",
    description = {
      "Lists the methods (method.type). With a model, what each costs there with its defaults:",
      "trained parameters, size of what a run writes, and memory by the formula of hone inspect.",
      "",
      "Nothing is trained and only headers are read, unless --measure asks for speed."
    })
@Example(line = "hone methods", does = "every method in a line, and its page")
@Example(line = "hone methods models/hone-base", does = "what each trains, writes and takes")
@Example(
    line = "hone methods models/hone-base --batch 4 --tokens 128 --measure",
    does = "tokens a second, too")
@SuppressWarnings("NullAway.Init") // picocli fills the fields before a command runs
final class MethodsCommand implements Callable<Integer> {
  private final Console console;

  @Parameters(
      index = "0",
      arity = "0..1",
      paramLabel = "MODEL",
      description = "A model: a folder, or owner/name on the Hub.")
  private @Nullable Path given;

  @Option(names = "--batch", description = "Rows at once (${DEFAULT-VALUE}).")
  private int batch = MemoryEstimate.Load.USUAL.batch();

  @Option(names = "--tokens", description = "Tokens of a row (${DEFAULT-VALUE}).")
  private int tokens = MemoryEstimate.Load.USUAL.tokens();

  @Option(names = "--measure", description = "Train a few steps on drawn rows with each, too.")
  private boolean measure;

  MethodsCommand(Console console) {
    this.console = console;
  }

  /**
   * A line of the table.
   *
   * @param storage how the base is kept
   */
  private record Way(MethodConfig method, Storage storage) {}

  @Override
  public Integer call() {
    if (batch < 1 || tokens < 1) {
      throw new HoneException("--batch and --tokens are numbers from 1 on");
    }
    if (given != null) {
      costs(given);
    } else if (measure) {
      throw new HoneException("--measure needs a model: hone methods MODEL --measure");
    } else {
      names();
    }
    return 0;
  }

  private void names() {
    Table table = new Table("method", "what it is", "page");
    Yaml.choices(MethodConfig.class)
        .forEach((name, config) -> table.row(name, said(config), "docs/methods/" + name + ".md"));
    console.out().print(table.text(console));
    console.out().println("docs/methods/README.md says which to take when.");
  }

  private static String said(MethodConfig config) {
    Doc doc = config.getClass().getAnnotation(Doc.class);
    return doc == null ? "" : doc.value();
  }

  /** Every method as it is by default, and LoRA on bases that are kept smaller. */
  private static Map<String, Way> ways() {
    Map<String, Way> ways = new LinkedHashMap<>();
    Yaml.choices(MethodConfig.class)
        .forEach(
            (name, method) -> {
              ways.put(name, new Way(method, Storage.FLOAT32));
              if (name.equals("lora")) {
                for (Storage storage : List.of(Storage.INT8, Storage.NF4)) {
                  ways.put(name + ", dtype " + storage.word(), new Way(method, storage));
                }
              }
            });
    return ways;
  }

  private void costs(Path model) {
    Path folder;
    try (TransferLine line = new TransferLine(console, "fetch")) {
      folder = Located.folder(model, line);
    }
    List<String> heading =
        new ArrayList<>(List.of("method", "trained", "share", "written", "memory"));
    if (measure) {
      heading.add("speed");
    }
    Table table = new Table(heading.toArray(String[]::new));
    List<String> refused = new ArrayList<>();
    MemoryEstimate.Load load;
    try (Model outline = Families.outline(folder)) {
      int width = Math.min(tokens, outline.backbone().maxPositions());
      load = new MemoryEstimate.Load(batch, width, MemoryEstimate.Load.USUAL.rank());
      ways()
          .forEach(
              (name, way) -> {
                try {
                  table.row(cells(name, way, outline, folder, load));
                } catch (HoneException e) {
                  refused.add("not " + name + ": " + e.getMessage());
                }
              });
    }
    console.out().print(table.text(console));
    console
        .out()
        .printf(
            Locale.ROOT,
            "memory: estimate for %d rows of %d tokens with AdamW%n",
            load.batch(),
            load.tokens());
    refused.forEach(console.out()::println);
  }

  private Object[] cells(
      String name, Way way, Model outline, Path folder, MemoryEstimate.Load load) {
    MethodCost cost = MethodCost.of(way.method(), way.storage(), outline, load);
    double share = 100.0 * cost.trainable() / outline.parameterCount();
    List<Object> cells =
        new ArrayList<>(
            List.of(
                name,
                Human.count(cost.trainable()),
                String.format(Locale.ROOT, share < 1 ? "%.3f %%" : "%.1f %%", share),
                Human.bytes(cost.fileBytes()),
                Human.bytes(cost.memory().total())));
    if (measure) {
      cells.add(Human.perSecond(speed(way, folder, load), "tokens"));
    }
    return cells.toArray();
  }

  /** The model is read again for each: a full copy empties it. */
  private static double speed(Way way, Path folder, MemoryEstimate.Load load) {
    try (Model model = Families.load(folder, way.storage())) {
      // Virtual tokens take places, too.
      int before = way.method() instanceof SoftPromptConfig prompt ? prompt.numVirtualTokens() : 0;
      int width = Math.min(load.tokens(), model.backbone().maxPositions() - before);
      return TimedSteps.tokensPerSecond(way.method(), model, load.batch(), width);
    }
  }
}
