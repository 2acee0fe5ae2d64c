package dev.hone.method.bottleneck;

import dev.hone.error.HoneException;
import dev.hone.method.Leaves;
import dev.hone.method.Method;
import dev.hone.method.Targets;
import dev.hone.method.bottleneck.BnConfig.Residual;
import dev.hone.model.Backbone;
import dev.hone.model.Block;
import dev.hone.model.EncoderDecoder;
import dev.hone.model.Junction;
import dev.hone.model.Model;
import dev.hone.model.Parameter;
import dev.hone.model.Pass;
import dev.hone.model.Recurrent;
import dev.hone.model.Stack;
import dev.hone.tensor.GradMode;
import dev.hone.tensor.Scope;
import dev.hone.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Bottleneck adapters (arXiv:1902.00751, arXiv:2005.00247, arXiv:2110.04366) at a model's layers.
 */
public final class Bottleneck implements Method {
  /** T5's layers are lists of parts, which AdapterHub adapts from within. */
  private static final Pattern T5_PART =
      Pattern.compile(
          "(.*\\.layer\\.\\d+\\.)(?:SelfAttention|EncDecAttention|DenseReluDense)\\..*");

  private static final Pattern LAYER = Pattern.compile("(.*?\\.\\d+\\.).*");

  private final BnConfig config;
  private final String name;
  private final Leaves leaves;
  private final Map<String, Bn> bottlenecks = new LinkedHashMap<>();
  private final Map<String, Tensor> head = new LinkedHashMap<>();

  /** Begins a new adapter. */
  public static Bottleneck attach(BottleneckConfig config, Model model) {
    return new Bottleneck(
        config.settled(), config.name(), config.modulesToSave(), model, Leaves.fresh());
  }

  /**
   * @param name what AdapterHub calls it
   * @param saved modules of the head that train too; ignored where {@code leaves} come from a file,
   *     which says so itself
   */
  Bottleneck(BnConfig config, String name, List<String> saved, Model model, Leaves leaves) {
    this.config = config;
    this.name = name;
    this.leaves = leaves;
    if (!model.newTokens().isEmpty()) {
      throw new HoneException(
          "bottleneck adapters cannot teach a base new tokens (tokenizer.addTokens), for whose rows"
              + " AdapterHub's files have no place; use lora or another method of PEFT's");
    }
    try (Scope scope = Scope.open();
        GradMode off = GradMode.off()) {
      addBottlenecks(model);
      addHead(saved, model);
      leaves.requireEmpty(model.architecture());
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  private void addBottlenecks(Model model) {
    List<Block> blocks = blocks(model.backbone());
    for (int layer = 0; layer < blocks.size(); layer++) {
      List<Junction> junctions = blocks.get(layer).junctions();
      if (junctions.isEmpty()) {
        throw new HoneException(
            "bottleneck adapters have no place in "
                + model.architecture()
                + ", whose layers do not add their parts one after the other; use another method");
      }
      for (Junction at : junctions) {
        if (config.follows(at.part()) && !config.leaveOut().contains(layer)) {
          add(at, layer);
        }
      }
    }
    for (int layer : config.leaveOut()) {
      if (layer < 0 || layer >= blocks.size()) {
        throw new HoneException(
            "leaveOut: layer " + layer + ", but the layers are 0 to " + (blocks.size() - 1));
      }
    }
    if (bottlenecks.isEmpty()) {
      throw new HoneException(
          "mhAdapter, outputAdapter, crossAdapter and leaveOut leave no place for a bottleneck");
    }
  }

  private void add(Junction at, int layer) {
    if (config.residualBeforeLn() == Residual.POST_ADD
        && (!config.originalLnBefore() || at.norm() == null)) {
      throw new HoneException(
          "residualBeforeLn: post-add needs originalLnBefore and layers with norms after their"
              + " sums; use true or false");
    }
    long width = at.end().out();
    if (bottlenecks.containsKey(at.end().name())) {
      throw new HoneException(
          "bottleneck adapters have no place in a model whose layers share their weights");
    }
    Leaves own = leaves.under(path(at) + "adapters." + name + ".");
    bottlenecks.put(at.end().name(), Bn.of(config, own, width, config.middle(layer, width)));
  }

  /** The layers as AdapterHub counts them: an encoder's, then its decoder's. */
  private static List<Block> blocks(Backbone backbone) {
    return switch (backbone) {
      case Stack stack -> stack.blocks();
      case EncoderDecoder pair -> {
        List<Block> both = new ArrayList<>(pair.encoder().blocks());
        both.addAll(pair.decoder().blocks());
        yield both;
      }
      case Recurrent recurrent ->
          throw new HoneException(
              "bottleneck adapters have no place in a recurrent model; use method.type=full");
    };
  }

  /** The module that holds the bottlenecks of a place: inside BERT's and T5's parts, or beside. */
  private static String path(Junction at) {
    String end = at.end().name();
    if (end.endsWith(".output.dense")) {
      return end.substring(0, end.length() - "dense".length());
    }
    Matcher part = T5_PART.matcher(end);
    if (part.matches()) {
      return part.group(1);
    }
    Matcher layer = LAYER.matcher(end);
    String beside =
        switch (at.part()) {
          case ATTENTION -> "attention_adapters.";
          case CROSS_ATTENTION -> "cross_attention_adapters.";
          case FEED_FORWARD -> "output_adapters.";
        };
    return (layer.matches() ? layer.group(1) : "") + beside;
  }

  // The head

  private void addHead(List<String> saved, Model model) {
    List<Parameter> parameters = headParameters(model);
    for (String module : saved) {
      if (parameters.stream().noneMatch(p -> isBelow(p.name(), module))) {
        throw new HoneException(
            "modulesToSave: '"
                + module
                + "' is no module of the head of "
                + model.architecture()
                + "; AdapterHub's files have room for a head only");
      }
    }
    for (Parameter parameter : parameters) {
      String at = parameter.name();
      boolean made = model.made().contains(at);
      if (leaves.loaded() && made && !leaves.has(at)) {
        throw new HoneException(
            leaves.origin()
                + ": neither this adapter nor its base model holds '"
                + at
                + "'; save the adapter with its head, or its answers are random");
      }
      boolean trains =
          leaves.loaded()
              ? leaves.has(at)
              : made || saved.stream().anyMatch(module -> isBelow(at, module));
      if (trains) {
        Tensor base = parameter.value();
        head.put(at, leaves.trained(at, () -> base, base.shape()));
      }
    }
    model.linears().values().stream()
        .filter(linear -> !linear.weight().name().equals(linear.name() + ".weight"))
        .forEach(tied -> leaves.skipEqual(tied.name() + ".weight", tied.weight().value()));
  }

  /**
   * Parameters beside the backbone, whose names begin otherwise than those of layers and tables;
   * and those that the base's files do not hold, a pooler for example.
   */
  private static List<Parameter> headParameters(Model model) {
    List<String> backbone = new ArrayList<>();
    backbone.add(root(model.backbone().tokens().weight().name()));
    for (Block block : blocks(model.backbone())) {
      block.junctions().forEach(at -> backbone.add(root(at.end().name())));
    }
    return model.parameters().stream()
        .filter(p -> p.trains())
        .filter(p -> !backbone.contains(root(p.name())) || model.made().contains(p.name()))
        .toList();
  }

  private static String root(String path) {
    return path.substring(0, Math.max(0, path.indexOf('.')));
  }

  private static boolean isBelow(String parameter, String module) {
    return ("." + Targets.module(parameter) + ".").contains("." + module + ".");
  }

  // Computing

  @Override
  public Tensor junction(Junction at, Tensor entry, Tensor made, Pass pass) {
    Bn own = bottlenecks.get(at.end().name());
    return own == null ? at.base(entry, made, pass) : own.forward(at, entry, made, pass);
  }

  @Override
  public Tensor value(Parameter parameter) {
    Tensor own = head.get(parameter.name());
    return own == null ? parameter.value() : own;
  }

  /** Refuses: there is no weight that a bottleneck could be folded into. */
  @Override
  public Map<String, Tensor> merged() {
    throw new HoneException(
        "bottleneck adapters cannot be merged: they stand between the parts of a layer, not in a"
            + " weight; use the adapter beside its base");
  }

  // What it has

  @Override
  public BnConfig config() {
    return config;
  }

  /** What AdapterHub calls it. */
  String name() {
    return name;
  }

  @Override
  public Map<String, Tensor> trainable() {
    return leaves.trainable();
  }

  /** What trains beside the bottlenecks: parameters of the head, by name. */
  Map<String, Tensor> head() {
    return head;
  }

  /** A factor that decays switches off what it scales. */
  @Override
  public boolean decays(String tensor) {
    return !tensor.endsWith(".scaling");
  }

  @Override
  public void close() {
    leaves.close();
  }
}
