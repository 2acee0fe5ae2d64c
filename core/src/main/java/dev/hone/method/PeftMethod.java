package dev.hone.method;

import dev.hone.error.HoneException;
import dev.hone.model.Embedding;
import dev.hone.model.Linear;
import dev.hone.model.Model;
import dev.hone.model.Parameter;
import dev.hone.model.Pass;
import dev.hone.tensor.Functional;
import dev.hone.tensor.GradMode;
import dev.hone.tensor.Scope;
import dev.hone.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * A method whose files are PEFT's: changes at single linears and tables of the model, and
 * parameters that are trained whole. A method says which changes; the rest is common.
 */
public abstract class PeftMethod implements Method {
  /** What PEFT puts before every name in its files. */
  public static final String PREFIX = "base_model.model.";

  private final PeftConfig config;
  private final Leaves leaves;
  private final Map<String, Change> changes = new LinkedHashMap<>();
  private final Map<String, TableChange> tables = new LinkedHashMap<>();
  private final Map<String, Tensor> whole = new LinkedHashMap<>();
  private final Map<String, TokenRows> tokenRows = new LinkedHashMap<>();

  private final TiedHeads tied;

  /** The model that is adapted. */
  protected final Model model;

  protected PeftMethod(PeftConfig config, Model model, Leaves leaves) {
    this.config = config;
    this.model = model;
    this.leaves = leaves;
    this.tied = TiedHeads.of(config, model);
  }

  // What a method says

  /** The change at one of the targets. */
  protected abstract Change change(Linear at, Leaves own);

  /** The change at a table among the targets. */
  protected TableChange change(Embedding at, Leaves own) {
    throw new IllegalArgumentException("no change for " + at.name());
  }

  /** The change at a head that is a table, as that of the table is. */
  protected Change tied(Linear at, TableChange table) {
    throw new IllegalArgumentException("nothing is tied to " + table + " at " + at.name());
  }

  /** The linears and tables that are changed. */
  protected Set<String> targets() {
    Set<String> names = new LinkedHashSet<>();
    new Targets(config, model).linears().forEach(l -> names.add(l.name()));
    return names;
  }

  /** Tensors that all changes share; asked for before the changes. */
  protected void shared(List<Linear> adapted, Leaves root) {}

  /** Parameters that train whole beside those of {@code modulesToSave}, by name. */
  protected List<String> wholeParameters() {
    return config.bias().names(model, changes.keySet());
  }

  /** The name that a parameter which trains whole has in the file. */
  protected String fileName(String parameter) {
    return Bias.inFile(parameter, changes.keySet());
  }

  /** What stands before the names of saved modules in the file. */
  protected String prefix() {
    return PREFIX;
  }

  /** The tensors of the file; new ones belong to the open scope. */
  protected Map<String, Tensor> saved() {
    return leaves.saved();
  }

  /** The method's own keys of {@code adapter_config.json}. */
  protected Map<String, @Nullable Object> fields() {
    return config.fields();
  }

  /** The modules that {@code target_modules} stands for. */
  protected Set<String> targetPaths() {
    Set<String> paths = new LinkedHashSet<>(changes.keySet());
    paths.addAll(tables.keySet());
    return paths;
  }

  // Beginning

  /** Makes or takes every tensor; frees all of them again when one is refused. */
  final void begin() {
    try (Scope scope = Scope.open();
        GradMode off = GradMode.off()) {
      Set<String> targets = tied.targets(targets());
      List<Linear> linears =
          model.linears().values().stream().filter(l -> targets.contains(l.name())).toList();
      shared(linears, leaves);
      for (Linear linear : linears) {
        Leaves own = leaves.under(PREFIX + linear.name() + ".");
        changes.put(linear.name(), change(linear, own));
        own.skipEqual("base_layer.weight", linear.weight().value());
      }
      for (Embedding table : Targets.tables(model)) {
        if (targets.contains(table.name())) {
          Leaves own = leaves.under(PREFIX + table.name() + ".");
          tables.put(table.name(), change(table, own));
          own.skipEqual("base_layer.weight", table.weight().value());
        }
      }
      new Targets(config, model).savedParameters().forEach(this::replaceSaved);
      tied.heads().forEach(this::tie);
      for (String name : wholeParameters()) {
        // With biases trained, PEFT's files hold those of a saved module's two forms as well.
        leaves.skip(PREFIX + Targets.module(name) + ".original_module.bias");
        leaves.skip(PREFIX + Targets.module(name) + ".modules_to_save.bias");
        if (!whole.containsKey(name)) {
          replace(name, fileName(name));
        }
      }
      model.linears().values().forEach(this::skipSecondName);
      model.words().forEach(this::replaceRows);
      leaves.requireEmpty(model.architecture());
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  private void replaceSaved(String parameter) {
    String own = tied.parameter(parameter);
    if (!whole.containsKey(own)) {
      replace(own, prefix() + own);
    }
  }

  /** A head's bias has a second name in PEFT's files where the head's linear shares it. */
  private void skipSecondName(Linear at) {
    String own = at.name() + ".bias";
    Parameter bias = at.bias();
    if (bias != null && !bias.name().equals(own) && whole.containsKey(bias.name())) {
      leaves.skip(prefix() + own);
    }
  }

  /** A head that is the table gets what the table has; PEFT's files hold it a second time. */
  private void tie(Linear head) {
    Leaves own = leaves.under(PREFIX + head.name() + ".");
    TableChange change = tables.get(tied.table().name());
    if (change != null) {
      changes.put(head.name(), tied(head, change));
      own.skip("lora_A.weight");
      own.skip("lora_B.weight");
      own.skipEqual("base_layer.weight", head.weight().value());
    }
    Tensor table = whole.get(head.weight().name());
    if (table != null) {
      whole.put(head.name() + ".weight", table);
      own.skip("weight");
    }
  }

  private void replace(String parameter, String inFile) {
    Tensor base = baseValue(parameter);
    if (leaves.loaded() && model.made().contains(parameter) && !leaves.has(inFile)) {
      throw new HoneException(
          leaves.origin()
              + ": neither this adapter nor its base model holds '"
              + parameter
              + "'; the adapter must bring it (modules_to_save), or its answers are random");
    }
    whole.put(parameter, leaves.trained(inFile, () -> base, base.shape()));
  }

  /** Rows of their own for some tokens, unless the table trains as a whole. */
  private void replaceRows(String table) {
    String module = Targets.module(table);
    List<Integer> ids = leaves.tokens(module, model.newTokens().ids());
    Tensor base = baseValue(table);
    if (ids.isEmpty() || whole.containsKey(table) || base.rank() != 2 || base.size(0) == 1) {
      return;
    }
    boolean changed =
        tables.containsKey(module)
            || model.linears().values().stream()
                .anyMatch(l -> l.weight().name().equals(table) && changes.containsKey(l.name()));
    if (changed) {
      throw new HoneException(
          "targetModules: '"
              + module
              + "' trains rows of single tokens, here or where it is the output, and can be no"
              + " target beside; leave it out, or train it whole (modulesToSave)");
    }
    tokenRows.put(table, TokenRows.of(leaves.under(PREFIX + module + "."), ids, base));
  }

  private Tensor baseValue(String name) {
    for (Parameter parameter : model.parameters()) {
      if (parameter.name().equals(name)) {
        return parameter.value();
      }
    }
    return linearNamed(Targets.module(name)).weight().value(); // a tied linear's
  }

  /** Refuses a linear whose file holds its matrix as [in, out], which PEFT cannot adapt so. */
  protected final void requirePlain(Linear at) {
    if (at.transposed()) {
      throw new HoneException(
          "targetModules: '"
              + at.name()
              + "' is stored as [in, out], which "
              + config.peftType()
              + " adapters of PEFT do not know; use lora");
    }
  }

  /** A linear of the model. */
  protected final Linear linearNamed(String name) {
    Linear linear = model.linears().get(name);
    if (linear == null) {
      throw new IllegalArgumentException("no linear " + name);
    }
    return linear;
  }

  /** The weight of a linear of the base as [out, in]. */
  protected static Tensor matrix(Linear at) {
    Tensor w = at.weight().value();
    return at.transposed() ? w.t() : w;
  }

  // Computing

  @Override
  public final Tensor linear(Linear at, Tensor x, Pass pass) {
    Affine base = affine(at);
    Change change = changes.get(at.name());
    if (change != null) {
      return change.forward(base, x, pass.training());
    }
    TokenRows rows = whole.containsKey(at.name() + ".weight") ? null : rowsOf(at.weight());
    return rows == null ? base.apply(x) : rows.scores(base.apply(x), x, base.bias());
  }

  private @Nullable TokenRows rowsOf(Parameter table) {
    return tokenRows.get(table.name());
  }

  /**
   * A linear of the base, with what trains whole. A tied head keeps the base's matrix while the
   * embedding trains, and the other way round.
   */
  private Affine affine(Linear at) {
    Tensor own = whole.get(at.name() + ".weight");
    Tensor w = own != null ? own : at.weight().value();
    return new Affine(at.transposed() ? w.t() : w, at.bias() == null ? null : value(at.bias()));
  }

  @Override
  public final Tensor embedding(Embedding at, Tensor ids, Pass pass) {
    Tensor table = value(at.weight());
    Tensor vectors = Functional.embedding(table, ids, at.padding());
    TableChange change = tables.get(at.name());
    if (change != null) {
      return change.forward(vectors, table, ids);
    }
    TokenRows rows = rowsOf(at.weight());
    return rows == null ? vectors : rows.vectors(vectors, ids);
  }

  @Override
  public final Tensor value(Parameter parameter) {
    Tensor own = whole.get(parameter.name());
    return own == null ? parameter.value() : own;
  }

  @Override
  public Map<String, Tensor> merged() {
    Map<String, Tensor> values = new LinkedHashMap<>();
    try (Scope scope = Scope.open();
        GradMode off = GradMode.off()) {
      values.putAll(whole);
      tables.forEach(
          (name, change) ->
              values.put(name + ".weight", change.merged(baseValue(name + ".weight"))));
      for (Linear linear : model.linears().values()) {
        Affine base = affine(linear);
        Change change = changes.get(linear.name());
        Affine merged = change == null ? base : change.merged(base);
        // A head whose table has changed stays what it was: from here on it is untied.
        boolean untied =
            !linear.weight().name().equals(linear.name() + ".weight")
                && values.containsKey(linear.weight().name());
        if (change != null || untied) {
          Tensor w = merged.weight();
          values.put(linear.name() + ".weight", linear.transposed() ? w.t() : w);
        }
        if (linear.bias() != null && merged.bias() != null && merged.bias() != base.bias()) {
          values.put(linear.bias().name(), merged.bias());
        }
      }
      tied.heads().forEach(head -> values.remove(head.name() + ".weight"));
      // A head that is the table has the same rows, so it stays tied.
      tokenRows.forEach((name, rows) -> values.put(name, rows.merged(baseValue(name))));
      values.replaceAll((name, value) -> value.detach().contiguous().keep());
    }
    return values;
  }

  // What it has

  @Override
  public PeftConfig config() {
    return config;
  }

  @Override
  public final Map<String, Tensor> trainable() {
    return leaves.trainable();
  }

  @Override
  public Map<String, Tensor> state() {
    return leaves.state();
  }

  /** The change at a linear, or null where there is none. */
  public final @Nullable Change changeAt(String linear) {
    return changes.get(linear);
  }

  /** The change at a table, or null where there is none. */
  public final @Nullable TableChange changeAtTable(String table) {
    return tables.get(table);
  }

  /** Whether it has parameters, or rows of them, that stand for the base's. */
  public final boolean replaces() {
    return !whole.isEmpty() || !tokenRows.isEmpty();
  }

  /** The tokens that have rows of their own, by the table's module. */
  final Map<String, List<Integer>> tokens() {
    Map<String, List<Integer>> tokens = new LinkedHashMap<>();
    tokenRows.forEach((name, rows) -> tokens.put(Targets.module(name), rows.tokens()));
    return tokens;
  }

  /** Whether one of the adapted linears stores its matrix as [in, out]. */
  protected final boolean fanInFanOut() {
    return changes.keySet().stream().anyMatch(n -> linearNamed(n).transposed());
  }

  /** The modules that train whole, as {@code modules_to_save} lists them. */
  final List<String> modulesToSave() {
    return new Targets(config, model).modulesToSave();
  }

  /**
   * The adapted modules as {@code target_modules} lists them: by the endings of their paths where
   * these mean exactly the adapted modules, otherwise by whole paths.
   */
  protected List<String> targetNames() {
    Set<String> paths = targetPaths();
    Set<String> all = new TreeSet<>(model.linears().keySet());
    model.parameters().forEach(p -> all.add(Targets.module(p.name())));
    Set<String> endings = new TreeSet<>();
    paths.forEach(n -> endings.add(n.substring(n.lastIndexOf('.') + 1)));
    boolean exact =
        all.stream()
            .allMatch(
                n -> paths.contains(n) == endings.stream().anyMatch(e -> Targets.matches(n, e)));
    return exact ? List.copyOf(endings) : List.copyOf(paths);
  }

  @Override
  public void close() {
    leaves.close();
  }
}
