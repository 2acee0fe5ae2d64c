package dev.hone.method.bottleneck;

import dev.hone.error.HoneException;
import dev.hone.method.Leaves;
import dev.hone.method.bottleneck.BnConfig.Residual;
import dev.hone.model.Backbone;
import dev.hone.model.Block;
import dev.hone.model.EncoderDecoder;
import dev.hone.model.Junction;
import dev.hone.model.Model;
import dev.hone.model.Recurrent;
import dev.hone.model.Stack;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The bottlenecks of one adapter.
 *
 * @param byEnd by the name of the linear that the part before each ends with
 */
record Bottlenecks(Map<String, Bn> byEnd) {
  /** T5's layers are lists of parts, which AdapterHub adapts from within. */
  private static final Pattern T5_PART =
      Pattern.compile(
          "(.*\\.layer\\.\\d+\\.)(?:SelfAttention|EncDecAttention|DenseReluDense)\\..*");

  private static final Pattern LAYER = Pattern.compile("(.*?\\.\\d+\\.).*");

  /**
   * @param name what AdapterHub calls the adapter
   * @param leaves its tensors
   */
  static Bottlenecks of(BnConfig config, String name, Model model, Leaves leaves) {
    if (!model.newTokens().isEmpty()) {
      throw new HoneException(
          "bottleneck adapters cannot teach a base new tokens (tokenizer.addTokens), for whose rows"
              + " AdapterHub's files have no place; use lora or another method of PEFT's");
    }
    Map<String, Bn> byEnd = new LinkedHashMap<>();
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
          requirePlace(at, config, byEnd);
          long width = at.end().out();
          Leaves own = leaves.under(path(at) + "adapters." + name + ".");
          byEnd.put(at.end().name(), Bn.of(config, own, width, config.middle(layer, width)));
        }
      }
    }
    for (int layer : config.leaveOut()) {
      if (layer < 0 || layer >= blocks.size()) {
        throw new HoneException(
            "leaveOut: layer " + layer + ", but the layers are 0 to " + (blocks.size() - 1));
      }
    }
    if (byEnd.isEmpty()) {
      throw new HoneException(
          "mhAdapter, outputAdapter, crossAdapter and leaveOut leave no place for a bottleneck");
    }
    return new Bottlenecks(byEnd);
  }

  private static void requirePlace(Junction at, BnConfig config, Map<String, Bn> taken) {
    if (config.residualBeforeLn() == Residual.POST_ADD
        && (!config.originalLnBefore() || at.norm() == null)) {
      throw new HoneException(
          "residualBeforeLn: post-add needs originalLnBefore and layers with norms after their"
              + " sums; use true or false");
    }
    if (taken.containsKey(at.end().name())) {
      throw new HoneException(
          "bottleneck adapters have no place in a model whose layers share their weights");
    }
  }

  /** The layers as AdapterHub counts them: an encoder's, then its decoder's. */
  static List<Block> blocks(Backbone backbone) {
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
  static String path(Junction at) {
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

  /** The bottleneck of a place, where there is one. */
  Optional<Bn> at(Junction place) {
    return Optional.ofNullable(byEnd.get(place.end().name()));
  }
}
