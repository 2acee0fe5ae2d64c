package dev.hone.app;

import dev.hone.inspect.AdapterFacts;
import dev.hone.inspect.Inspection;
import dev.hone.inspect.MemoryEstimate;
import dev.hone.inspect.ModelFacts;
import dev.hone.inspect.PartFacts;
import dev.hone.inspect.RunFacts;
import dev.hone.inspect.TemplateFacts;
import dev.hone.inspect.TensorFacts;
import dev.hone.inspect.TokenizerFacts;
import dev.hone.inspect.WeightFacts;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** An inspection for people: a word and its value on each line, then tables. */
final class InspectText {
  private static final int MOST_NAMES = 4;

  private final Console console;
  private final Inspection inspection;
  private final MemoryEstimate.Load load;
  private final StringBuilder out = new StringBuilder();

  InspectText(Console console, Inspection inspection, MemoryEstimate.Load load) {
    this.console = console;
    this.inspection = inspection;
    this.load = load;
  }

  String text(boolean tensors) {
    out.append(console.bold(inspection.path())).append('\n');
    if (inspection.run() != null) {
      run(inspection.run());
    }
    if (inspection.adapter() != null) {
      adapter(inspection.adapter());
    }
    if (inspection.model() != null) {
      model(inspection.model());
    }
    if (inspection.tokenizer() != null) {
      tokenizer(inspection.tokenizer());
    }
    if (inspection.chatTemplate() != null) {
      template(inspection.chatTemplate());
    }
    WeightFacts file = inspection.weights();
    if (file != null) {
      line("weights", weights(file));
      line("metadata", file.metadata().isEmpty() ? "none" : file.metadata().toString());
    }
    if (inspection.model() != null) {
      tables(inspection.model());
    }
    if (tensors || file != null) {
      tensors();
    }
    return out.toString();
  }

  private void line(String name, String value) {
    out.append(Columns.padRight(name, 11)).append(value).append('\n');
  }

  private void run(RunFacts run) {
    JsonNode result = run.result();
    String state =
        result != null
            ? "finished"
            : run.checkpoint() > 0 ? "stopped at step " + run.checkpoint() : "not begun";
    line("run", run.name() + ", " + state + ", seed " + run.seed());
    line("recipe", run.method() + " on " + run.model() + " with " + names(run.data()));
    if (result == null) {
      return;
    }
    line(
        "training",
        String.format(
            Locale.ROOT,
            "%s steps, %s tokens, %s trained parameters",
            Human.count(result.path("steps").asLong(0)),
            Human.count(result.path("tokens").asLong(0)),
            Human.count(result.path("trainable_parameters").asLong(0))));
    for (JsonNode scores : result.path("lines")) {
      line(
          "result",
          String.format(
              Locale.ROOT,
              "%s: accuracy %.1f %%, macro-F1 %.1f %% on %s rows",
              scores.path("name").asString(""),
              100 * scores.path("accuracy").asDouble(0),
              100 * scores.path("macro_f1").asDouble(0),
              Human.count(scores.path("n").asLong(0))));
    }
    for (JsonNode scores : result.path("perplexities")) {
      line(
          "result",
          String.format(
              Locale.ROOT,
              "%s: perplexity %.2f on %s rows",
              scores.path("name").asString(""),
              scores.path("perplexity").asDouble(0),
              Human.count(scores.path("n").asLong(0))));
    }
  }

  private void adapter(AdapterFacts adapter) {
    String size =
        (adapter.rank() == null ? "" : ", rank " + adapter.rank())
            + (adapter.alpha() == null
                ? ""
                : String.format(Locale.ROOT, ", alpha %s", plain(adapter.alpha())));
    line("adapter", adapter.type() + size + ", " + weights(adapter.weights()));
    line("targets", adapter.targets().isEmpty() ? "-" : names(adapter.targets()));
    if (!adapter.modulesToSave().isEmpty()) {
      line("whole", names(adapter.modulesToSave()));
    }
    if (!adapter.labels().isEmpty()) {
      line("labels", names(adapter.labels()));
    }
    String base = adapter.base().isEmpty() ? "not named" : adapter.base();
    String found = adapter.baseFolder();
    if (found == null) {
      line("base", base + ", no folder here: name it with --model");
      return;
    }
    line("base", found + (found.equals(adapter.base()) ? "" : " in place of " + base));
    line("fits", fit(adapter));
  }

  private static String fit(AdapterFacts adapter) {
    int all = adapter.weights().tensors().size();
    String tensors =
        adapter.strangers().isEmpty()
            ? "all " + all + " tensors have a place in the base"
            : "no: "
                + adapter.strangers().size()
                + " of "
                + all
                + " tensors have no place in the base: "
                + names(adapter.strangers());
    Boolean same = adapter.sameBase();
    if (same != null) {
      return tensors
          + (same
              ? "; the base is the one of the training"
              : "; the base is another than that of the training");
    }
    return tensors
        + (adapter.baseFingerprint().isEmpty()
            ? "; the adapter has no fingerprint of its base"
            : "; base " + adapter.baseFingerprint().substring(0, 12) + " (--verify compares)");
  }

  private void model(ModelFacts model) {
    String named = model.architecture().isEmpty() ? model.modelType() : model.architecture();
    boolean other = model.loadsAs() != null && !model.loadsAs().equals(named);
    line(
        inspection.kind() == Inspection.Kind.MODEL ? "model" : "base model",
        (named.isEmpty() ? "no architecture is named" : named)
            + (other ? ", loads as " + model.loadsAs() : "")
            + (model.family() == null ? "" : ", family " + model.family())
            + ", "
            + Human.count(model.parameters())
            + " parameters");
    line("loads", model.refusal() == null ? "yes" : "no: " + model.refusal());
    List<String> shape = new ArrayList<>();
    add(shape, model.layers(), "layers");
    add(shape, model.hiddenSize(), "wide");
    add(shape, model.heads(), "heads");
    add(shape, model.keyValueHeads(), "of keys and values");
    add(shape, model.vocabSize(), "tokens in the vocabulary");
    line("shape", shape.isEmpty() ? "not said" : String.join(", ", shape));
    line("context", model.context() == null ? "-" : Human.count(model.context()) + " tokens");
    line(
        "weights",
        weights(model.weights())
            + (model.storedType() == null ? "" : "; config.json says " + model.storedType()));
    if (!model.tied().isEmpty()) {
      line("tied", names(model.tied()));
    }
    if (!model.made().isEmpty()) {
      line("new", names(model.made()) + " would start at random");
    }
    if (!model.surplus().isEmpty()) {
      line("unused", names(model.surplus()));
    }
  }

  private static void add(List<String> shape, @Nullable Integer number, String what) {
    if (number != null) {
      shape.add(Human.count(number) + " " + what);
    }
  }

  private void tokenizer(TokenizerFacts tokenizer) {
    if (tokenizer.refusal() != null) {
      line("tokenizer", "does not load: " + tokenizer.refusal());
      return;
    }
    line(
        "tokenizer",
        tokenizer.kind()
            + ", "
            + Human.count(tokenizer.size())
            + " tokens, of which "
            + tokenizer.addedTokens()
            + " added and "
            + tokenizer.special().size()
            + " special");
    String roles =
        tokenizer.roles().entrySet().stream()
            .map(e -> e.getKey() + " " + e.getValue().text() + " (" + e.getValue().id() + ")")
            .collect(Collectors.joining(", "));
    String added =
        tokenizer.addsBos() && tokenizer.addsEos()
            ? "; bos and eos are put around a text"
            : tokenizer.addsBos()
                ? "; bos is put before a text"
                : tokenizer.addsEos() ? "; eos is put after a text" : "";
    line("special", (roles.isEmpty() ? "none" : roles) + added);
  }

  private void template(TemplateFacts template) {
    if (template.hash().isEmpty() || template.refusal() != null) {
      line("chat", template.refusal() == null ? "no template" : "no: " + template.refusal());
      return;
    }
    List<String> can = new ArrayList<>();
    can.add(template.system() ? "system messages" : "no system messages");
    can.add(template.turns() ? "several turns" : "one turn only");
    if (template.tools()) {
      can.add("tools");
    }
    if (template.marksAnswers()) {
      can.add("marks of answers");
    }
    can.add(template.invites() ? "an invitation to answer" : "no invitation to answer");
    line("chat", "template " + template.hash().substring(0, 12) + ": " + String.join(", ", can));
  }

  private void tables(ModelFacts model) {
    Table parts = new Table("part", "parameters", "share", "per layer");
    for (PartFacts part : model.parts()) {
      parts.row(
          part.part().words(),
          Human.count(part.parameters()),
          String.format(
              Locale.ROOT, "%.1f %%", 100.0 * part.parameters() / Math.max(1, model.parameters())),
          perLayer(part));
    }
    parts.row("in all", Human.count(model.parameters()), "100.0 %", "-");
    out.append('\n').append(parts.text(console));
    if (model.memory().isEmpty()) {
      return;
    }
    Table memory =
        new Table(
            "memory",
            "dtype",
            "trained",
            "weights",
            "gradients",
            "moments",
            "activations",
            "in all, about");
    for (MemoryEstimate estimate : model.memory()) {
      memory.row(
          estimate.method(),
          estimate.dtype(),
          Human.count(estimate.trainable()),
          Human.bytes(estimate.weights()),
          Human.bytes(estimate.gradients()),
          Human.bytes(estimate.moments()),
          Human.bytes(estimate.activations()),
          Human.bytes(estimate.total()));
    }
    out.append('\n').append(memory.text(console));
    int context = model.context() == null ? load.tokens() : model.context();
    out.append("estimated for ").append(load.batch()).append(" rows of ");
    out.append(Math.min(load.tokens(), context));
    out.append(" tokens, LoRA of rank ").append(load.rank()).append(" on all linears\n");
  }

  private static String perLayer(PartFacts part) {
    if (part.mostPerLayer() == 0) {
      return "-";
    }
    return part.leastPerLayer() == part.mostPerLayer()
        ? Human.count(part.mostPerLayer())
        : Human.count(part.leastPerLayer()) + " to " + Human.count(part.mostPerLayer());
  }

  private void tensors() {
    List<TensorFacts> all = new ArrayList<>();
    if (inspection.weights() != null) {
      all.addAll(inspection.weights().tensors());
    } else if (inspection.adapter() != null) {
      all.addAll(inspection.adapter().weights().tensors());
    } else if (inspection.model() != null) {
      all.addAll(inspection.model().weights().tensors());
    }
    Table table = new Table("tensor", "type", "shape");
    all.forEach(t -> table.row(t.name(), t.dtype(), t.shape().toString()));
    out.append('\n').append(table.text(console));
  }

  private static String weights(WeightFacts weights) {
    String types =
        weights.dtypes().size() == 1
            ? weights.dtypes().keySet().iterator().next()
            : weights.dtypes().entrySet().stream()
                .sorted(Map.Entry.<String, Long>comparingByValue().reversed())
                .map(e -> Human.count(e.getValue()) + " " + e.getKey())
                .collect(Collectors.joining(", "));
    return Human.bytes(weights.bytes())
        + " in "
        + weights.tensors().size()
        + " tensors"
        + (types.isEmpty() ? "" : " of " + types)
        + (weights.files() == 1 ? ", one file" : ", " + weights.files() + " files");
  }

  private static String names(List<String> names) {
    int more = names.size() - MOST_NAMES;
    return String.join(", ", names.subList(0, Math.min(MOST_NAMES, names.size())))
        + (more > 0 ? " and " + more + " more" : "");
  }

  private static String plain(double number) {
    return number == Math.rint(number) ? String.valueOf((long) number) : String.valueOf(number);
  }
}
