package dev.hone.method.lora;

import dev.hone.data.Batch;
import dev.hone.error.HoneException;
import dev.hone.method.Change;
import dev.hone.method.Leaves;
import dev.hone.method.Methods;
import dev.hone.method.PeftMethod;
import dev.hone.method.TableChange;
import dev.hone.method.Targets;
import dev.hone.model.Embedding;
import dev.hone.model.EncoderDecoder;
import dev.hone.model.Linear;
import dev.hone.model.Model;
import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * LoRA (arXiv:2106.09685): y = W x + s B (A x), as two small products; W + s B A is never made
 * while training.
 */
public final class Lora extends PeftMethod {
  private static final String A = "lora_A.weight";
  private static final String B = "lora_B.weight";
  private static final String BIAS = "lora_B.bias";
  private static final String TABLE_A = "lora_embedding_A";
  private static final String TABLE_B = "lora_embedding_B";
  private static final String MAGNITUDE = "lora_magnitude_vector";

  private final LoraConfig config;
  private final Map<String, Tensor> firstA;

  public Lora(LoraConfig config, Model model, Leaves leaves) {
    this(config, model, leaves, Map.of());
  }

  /**
   * @param firstA where A begins at single linears, by their names: [r, in], with B zero
   */
  Lora(LoraConfig config, Model model, Leaves leaves, Map<String, Tensor> firstA) {
    super(config, model, leaves);
    this.config = config;
    this.firstA = firstA;
    if (config.dora() && config.loraBias()) {
      throw new HoneException(
          "method.loraBias: DoRA has no bias of B in PEFT; take one of dora and loraBias");
    }
  }

  /** A fresh adapter, which changes nothing yet. */
  public static Lora attach(LoraConfig config, Model model) {
    return Methods.begun(new Lora(config, model, Leaves.fresh()));
  }

  /**
   * The same from a look at training data, where the start asks for it.
   *
   * @param batches of which as many are looked at as it takes
   */
  public static Lora attach(LoraConfig config, Model model, Supplier<List<Batch>> batches) {
    return config.start() == LoraConfig.Start.EVA
        ? Eva.attach(config, model, batches.get())
        : attach(config, model);
  }

  @Override
  protected Set<String> targets() {
    return new Targets(config, model).linearsAndTables();
  }

  private int rank(String path) {
    return Targets.byPattern(config.rankPattern(), path, config.rank());
  }

  private double scale(String path) {
    double alpha = Targets.byPattern(config.alphaPattern(), path, config.alpha());
    return alpha / (config.rankStabilized() ? Math.sqrt(rank(path)) : rank(path));
  }

  @Override
  protected Change change(Linear at, Leaves own) {
    int rank = rank(at.name());
    double scale = scale(at.name());
    // Made when the first of the two is asked for: a file that is read needs neither.
    Once<Beginning> begin = new Once<>(() -> beginning(at, rank, scale));
    Pair start = null;
    if (config.startsFromWeight()) {
      start =
          new Pair(
              own.internal("start_A", () -> begin.get().a()),
              own.internal("start_B", () -> begin.get().b()),
              null,
              scale,
              0);
    }
    Tensor a =
        config.freezeA()
            ? own.frozen(A, () -> begin.get().a(), rank, at.in())
            : own.trained(A, () -> begin.get().a(), rank, at.in());
    Tensor b = own.trained(B, () -> begin.get().b(), at.out(), rank);
    Pair pair = new Pair(a, b, start, scale, config.dropout());
    if (config.loraBias()) {
      return new Biased(pair, own.trained(BIAS, () -> Tensors.zeros(at.out()), at.out()));
    }
    if (!config.dora()) {
      return pair;
    }
    return new Dora(pair, own.trained(MAGNITUDE, () -> pair.rowNorms(matrix(at)), at.out()));
  }

  private Beginning beginning(Linear at, int rank, double scale) {
    if (config.start() == LoraConfig.Start.LOFTQ) {
      return Beginning.loftq(config, at, lost(at), rank, scale);
    }
    Tensor first = firstA.get(at.name());
    return first != null
        ? Beginning.zeroB(first, at)
        : Beginning.of(config, at, matrix(at), rank, scale);
  }

  /** What rounding has taken from a weight, [out, in]. */
  private Tensor lost(Linear at) {
    if (!at.weight().value().isQuantised()) {
      throw new HoneException(
          "method.start: loftq makes up for the rounding of a quantised base, and '"
              + at.name()
              + "' is not quantised: set dtype: nf4 or int8, or take another start");
    }
    Tensor original = model.original(at.weight());
    return (at.transposed() ? original.t() : original).sub(matrix(at));
  }

  @Override
  protected TableChange change(Embedding at, Leaves own) {
    if (config.loraBias()) {
      throw new HoneException(
          "targetModules: loraBias is for linears; '" + at.name() + "' is a table");
    }
    if (config.startsFromWeight()) {
      throw new HoneException(
          "targetModules: the start "
              + config.start().name().toLowerCase(Locale.ROOT)
              + " is for linears; '"
              + at.name()
              + "' is a table");
    }
    boolean unread = model.backbone() instanceof EncoderDecoder;
    if (unread && !own.loaded()) {
      throw new HoneException(
          "targetModules: '"
              + at.name()
              + "' only holds the table that both sides of "
              + model.architecture()
              + " look at, and PEFT would not read what an adapter does there; leave it out, or use"
              + " full");
    }
    int rank = rank(at.name());
    Tensor table = at.weight().value();
    long words = table.size(0);
    long width = table.size(1);
    Tensor a =
        config.freezeA()
            ? own.frozen(TABLE_A, () -> Tensors.zeros(rank, words), rank, words)
            : own.trained(TABLE_A, () -> Tensors.zeros(rank, words), rank, words);
    Tensor b = own.trained(TABLE_B, () -> Tensors.normal(0, 1, width, rank), width, rank);
    Pair pair = new Pair(a, b, null, scale(at.name()), 0);
    if (unread) { // a file of PEFT's, where it does nothing
      return new UnreadPair(pair);
    }
    return new TablePair(
        pair, config.dora() ? own.trained(MAGNITUDE, () -> pair.rowNorms(table.t()), width) : null);
  }

  @Override
  protected Change tied(Linear at, TableChange table) {
    if (table instanceof TablePair own && own.magnitude() == null) {
      return new TiedPair(own.pair(), scale(at.name()), config.dropout());
    }
    throw new HoneException(
        "method.ensureWeightTying: a table's magnitude (dora) is none of '" + at.name() + "'");
  }

  // Files

  @Override
  protected Map<String, Tensor> saved() {
    Map<String, Tensor> tensors = new LinkedHashMap<>(super.saved());
    for (String path : targetPaths()) {
      if (changeAt(path) instanceof TiedPair(Pair table, double scale, double dropout)) {
        Pair turned =
            new Pair(table.b().t().contiguous(), table.a().t().contiguous(), null, scale, dropout);
        name(tensors, PREFIX + path + ".", turned, false);
      }
      Pair pair = pairAt(path);
      if (pair != null && pair.start() != null) {
        // The file is for the base as it is, so it holds what has changed since the start.
        name(tensors, PREFIX + path + ".", pair.joined(), false);
      }
    }
    return tensors;
  }

  @Override
  protected Map<String, @Nullable Object> fields() {
    LoraConfig saved = config.startsFromWeight() ? config.doubled() : config;
    Map<String, @Nullable Object> fields = new LinkedHashMap<>(saved.fields());
    fields.put("fan_in_fan_out", fanInFanOut());
    return fields;
  }

  /** The pair at a linear or table, or null where there is none. */
  @Nullable Pair pairAt(String path) {
    if (changeAtTable(path) instanceof TablePair table) {
      return table.pair();
    }
    return switch (changeAt(path)) {
      case Pair pair -> pair;
      case Biased biased -> biased.pair();
      case Dora dora -> dora.pair();
      case null, default -> null;
    };
  }

  /** The linears and tables that it adapts, by name. */
  Set<String> places() {
    return targetPaths();
  }

  /** Puts a pair's matrices among tensors under the names that a file has for them. */
  static void name(Map<String, Tensor> tensors, String prefix, Pair pair, boolean table) {
    tensors.put(prefix + (table ? TABLE_A : A), pair.a());
    tensors.put(prefix + (table ? TABLE_B : B), pair.b());
  }

  // Training

  @Override
  public double rateFactor(String name) {
    boolean second = name.endsWith(B) || name.endsWith(MAGNITUDE) || name.endsWith(".bias");
    return second ? config.loraPlusRatio() : 1;
  }

  @Override
  public LoraConfig config() {
    return config;
  }
}
