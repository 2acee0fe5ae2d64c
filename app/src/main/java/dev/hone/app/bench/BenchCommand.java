package dev.hone.app.bench;

import dev.hone.data.Batch;
import dev.hone.data.Batches;
import dev.hone.data.TokenRow;
import dev.hone.error.HoneException;
import dev.hone.error.Nearest;
import dev.hone.generate.GenerationConfig;
import dev.hone.generate.Generator;
import dev.hone.method.AdapterFiles;
import dev.hone.method.FullConfig;
import dev.hone.method.Method;
import dev.hone.method.MethodConfig;
import dev.hone.method.Methods;
import dev.hone.method.lora.LoraConfig;
import dev.hone.model.Adapter;
import dev.hone.model.Model;
import dev.hone.model.ModelFiles;
import dev.hone.model.family.Families;
import dev.hone.recipe.Recipe;
import dev.hone.tensor.Cpu;
import dev.hone.tensor.DType;
import dev.hone.tensor.Engine;
import dev.hone.tensor.MatrixProduct;
import dev.hone.tensor.Precision;
import dev.hone.train.BatchPlan;
import dev.hone.train.EpochPlan;
import dev.hone.train.FrozenCache;
import dev.hone.train.StepReport;
import dev.hone.train.TrainConfig;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.json.JsonMapper;

/** {@code hone bench}: how fast this machine trains. */
@Command(
    name = "bench",
    description = {
      "Measures training steps or generation on this machine: one line of JSON.",
      "",
      "bench/compare.py runs this and the Python libraries in turn.",
      "",
      "  hone bench --shape smollm2-135m --method full train.microTokens=512"
    })
@SuppressWarnings("NullAway.Init") // picocli fills the fields before a command runs
public final class BenchCommand implements Callable<Integer> {
  private static final String CACHED = "-cached";

  private final PrintStream out;

  @Option(names = "--model", description = "Folder with a model.")
  private @Nullable Path model;

  @Option(
      names = "--shape",
      description = "Instead: random weights of the size of a well-known model.")
  private @Nullable String shape;

  @Option(names = "--write", description = "Write the model to this folder and stop.")
  private @Nullable Path write;

  @Option(
      names = "--method",
      description =
          "full, lora (q and v), lora-all, topN, topN-cached, generate (${DEFAULT-VALUE}).")
  private String method = "lora-all";

  @Option(names = "--batch", description = "Rows of a step (${DEFAULT-VALUE}).")
  private int batch = 4;

  @Option(names = "--seq", description = "Tokens of a drawn row (${DEFAULT-VALUE}).")
  private int width = 256;

  @Option(names = "--steps", description = "Steps, the first of which warms up (${DEFAULT-VALUE}).")
  private int steps = 8;

  @Option(names = "--tokens", description = "New tokens of --method generate (${DEFAULT-VALUE}).")
  private int tokens = 128;

  @Option(
      names = "--bucketed",
      description = "Take rows as a run does, like lengths together, not as they stand.")
  private boolean bucketed;

  @Option(names = "--rows", description = "JSON lines with input_ids and completion_mask.")
  private @Nullable Path rows;

  @Option(
      names = "--compute",
      description = "Multiply in float32 or bfloat16; auto as a run does (${DEFAULT-VALUE}).")
  private Recipe.Compute compute = Recipe.Compute.AUTO;

  @Option(names = "--threads", description = "Threads; 0 means one a physical core.")
  private int threads;

  @Option(
      names = "--adapter",
      description = "Start from this adapter in place of a new one, so that another may, too.")
  private @Nullable Path adapter;

  @Parameters(
      paramLabel = "KEY=VALUE",
      description = "Keys of a recipe's 'train', for example train.clip=0.")
  private List<String> changes = List.of();

  public BenchCommand(PrintStream out) {
    this.out = out;
  }

  @Override
  public Integer call() {
    Engine.threads(threads);
    try (Precision products = Precision.of(compute.engine());
        Model opened = opened()) {
      if (write != null) {
        ModelFiles.write(write, opened, Map.of(), DType.F32);
        return 0;
      }
      Map<String, Object> line = method.equals("generate") ? generated(opened) : measured(opened);
      out.println(JsonMapper.shared().writeValueAsString(line));
    }
    return 0;
  }

  private Model opened() {
    if ((model == null) == (shape == null)) {
      throw new HoneException("name what to measure: --model FOLDER or --shape NAME");
    }
    if (model != null) {
      return Families.load(model);
    }
    Engine.seed(1);
    return Families.random(Shape.named(String.valueOf(shape)).config());
  }

  private MethodConfig method() {
    LoraConfig lora = LoraConfig.defaults();
    String plain =
        method.endsWith(CACHED) ? method.substring(0, method.length() - CACHED.length()) : method;
    if (plain.matches("top\\d+")) {
      String layers = "top-" + plain.substring(3);
      return new FullConfig(FullConfig.Stored.F32, List.of(layers), List.of());
    }
    return switch (plain) {
      case "full" -> FullConfig.defaults();
      case "lora-all" -> lora;
      case "lora" ->
          new LoraConfig(
              8, 16, 0, List.of("q_proj", "v_proj"), false, List.of(), Map.of(), Map.of());
      default ->
          throw new HoneException(
              "no method '"
                  + method
                  + "' to measure"
                  + Nearest.hint(method, List.of("full", "lora", "lora-all")));
    };
  }

  private Method attached(Model opened) {
    return adapter == null ? Methods.attach(method(), opened) : AdapterFiles.read(adapter, opened);
  }

  private Map<String, Object> generated(Model opened) {
    List<int[]> prompts = rows(opened).stream().limit(batch).map(TokenRow::ids).toList();
    Generator generator = new Generator(opened, Adapter.NONE);
    Laps laps = new Laps(null);
    List<int[]> answers = List.of();
    for (int step = 1; step <= steps; step++) {
      long begun = System.nanoTime();
      answers =
          generator.continued(prompts, GenerationConfig.greedy(tokens), (row, token) -> false);
      double seconds = (System.nanoTime() - begun) / 1e9;
      long made = answers.stream().mapToLong(a -> a.length).sum();
      laps.step(new StepReport(step, steps, 0, 0, 0, 0, made, seconds, Map.of()));
    }
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("side", "hone");
    line.put("method", method);
    laps.write(line);
    line.put("peak_rss_mb", Cpu.peakResidentBytes() >> 20);
    line.put("ids", answers);
    return line;
  }

  private List<TokenRow> rows(Model opened) {
    return rows != null
        ? BenchRows.read(rows)
        : BenchRows.random(8 * batch, width, opened.config().intValue("vocab_size"), 2);
  }

  private Map<String, Object> measured(Model opened) {
    List<TokenRow> all = rows(opened);
    Engine.seed(1);
    try (Method attached = attached(opened)) {
      Laps laps = TimedSteps.run(opened, attached, config(), plan(all), frozen());
      long peak = Cpu.peakResidentBytes();
      Products products = Products.of(opened, attached, Batch.of(plan(all).rows(1), 0));
      double best = MatrixProduct.gflops(1024, 1024, 1024);
      double alone = products.seconds();
      Map<String, Object> line = new LinkedHashMap<>();
      line.put("side", "hone");
      line.put("method", method);
      line.put("products", Precision.type());
      laps.write(line);
      line.put("peak_rss_mb", peak >> 20);
      line.put("products_alone_ms", rounded(1000 * alone));
      line.put("products_share", rounded(alone / laps.median()));
      line.put("gflops", rounded(products.operations() / laps.median() / 1e9));
      line.put("gflops_of_machine", rounded(best));
      line.put("losses", laps.losses());
      return line;
    }
  }

  /** For a method that ends in -cached: what the frozen layers make of all rows is there before. */
  private @Nullable FrozenCache frozen() {
    if (!method.endsWith(CACHED)) {
      return null;
    }
    try {
      Path folder = Files.createTempDirectory("hone-bench");
      folder.toFile().deleteOnExit();
      return new FrozenCache(folder, "bench");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static double rounded(double value) {
    return Math.round(value * 100) / 100.0;
  }

  private TrainConfig config() {
    return TimedSteps.config(steps, batch, changes);
  }

  private BatchPlan plan(List<TokenRow> all) {
    if (bucketed) {
      return new EpochPlan(new Batches(all, batch, 1));
    }
    return TimedSteps.inOrder(all, batch);
  }
}
