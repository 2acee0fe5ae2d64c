package dev.hone.model.family;

import dev.hone.model.Activation;
import dev.hone.model.Attention;
import dev.hone.model.Block;
import dev.hone.model.Convolution;
import dev.hone.model.DisentangledAttention;
import dev.hone.model.Distances;
import dev.hone.model.Linear;
import dev.hone.model.Norm;
import dev.hone.model.Parts;
import dev.hone.model.Weights;
import dev.hone.store.Config;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The layers of DeBERTa-v2.
 *
 * @param kinds of scores beside content to content: c2p, p2c
 * @param positions distances, or null without {@code relative_attention}
 */
record DebertaLayers(
    BertLayers bert, int hidden, List<String> kinds, @Nullable Distances positions) {

  static List<Block> of(BertLayers bert, int hidden) {
    DebertaLayers layers =
        new DebertaLayers(bert, hidden, kinds(bert.config()), positions(bert, hidden));
    List<Block> blocks = new ArrayList<>();
    for (int layer = 0; layer < bert.config().intValue("num_hidden_layers"); layer++) {
      Block block = bert.block(layer, hidden, layers.attention(layer));
      blocks.add(layer == 0 ? layers.convolved(block) : block);
    }
    return blocks;
  }

  /** Written as a list, or as one text such as {@code p2c|c2p}. */
  private static List<String> kinds(Config config) {
    String key = "pos_att_type";
    List<String> kinds =
        config.json().path(key).isString() ? split(config.text(key)) : config.texts(key);
    for (String kind : kinds) {
      if (!kind.equals("c2p") && !kind.equals("p2c")) {
        throw config.wrong(key, "c2p, p2c or both; others are not supported");
      }
    }
    return kinds;
  }

  private static List<String> split(String words) {
    return Arrays.stream(words.toLowerCase(Locale.ROOT).split("\\|"))
        .map(String::strip)
        .filter(word -> !word.isEmpty())
        .toList();
  }

  private static @Nullable Distances positions(BertLayers bert, int hidden) {
    Config config = bert.config();
    if (!config.optionalBoolean("relative_attention").orElse(false)) {
      return null;
    }
    int farthest = config.optionalInt("max_relative_positions").orElse(-1);
    if (farthest < 1) {
      farthest = config.intValue("max_position_embeddings");
    }
    int buckets = Math.max(0, config.optionalInt("position_buckets").orElse(-1));
    int span = buckets > 0 ? buckets : farthest;
    Parts parts = bert.parts();
    var table = parts.embedding("deberta.encoder.rel_embeddings", 2L * span, hidden);
    List<String> norms = split(config.optionalText("norm_rel_ebd").orElse("none"));
    if (!List.of("none", "layer_norm").containsAll(norms)) {
      throw config.wrong("norm_rel_ebd", "none or layer_norm; others are not supported");
    }
    Norm norm =
        norms.contains("layer_norm")
            ? parts.layerNorm("deberta.encoder.LayerNorm", hidden, bert.eps())
            : null;
    return new Distances(table.weight(), norm, buckets, farthest, bert.dropout());
  }

  private Attention attention(int layer) {
    Config config = bert.config();
    int heads = config.intValue("num_attention_heads");
    int headWidth = Only.divided(config, hidden, "num_attention_heads");
    Only.number(config, "attention_head_size", headWidth);
    String at = "deberta.encoder.layer." + layer + ".attention.";
    Linear query = linear(at + "self.query_proj");
    Linear key = linear(at + "self.key_proj");
    Linear value = linear(at + "self.value_proj");
    boolean shared = config.optionalBoolean("share_att_key").orElse(false);
    Linear positionKey = null;
    Linear positionQuery = null;
    if (positions != null && kinds.contains("c2p")) {
      positionKey = shared ? key : linear(at + "self.pos_key_proj");
    }
    if (positions != null && kinds.contains("p2c")) {
      positionQuery = shared ? query : linear(at + "self.pos_query_proj");
    }
    return new DisentangledAttention(
        query,
        key,
        value,
        linear(at + "output.dense"),
        positions,
        positionKey,
        positionQuery,
        heads,
        headWidth,
        1 + (int) kinds.stream().distinct().count(),
        bert.attentionDropout());
  }

  private Linear linear(String name) {
    return bert.parts().linear(name, hidden, hidden, true);
  }

  private Block convolved(Block first) {
    Config config = bert.config();
    int length = config.optionalInt("conv_kernel_size").orElse(0);
    if (length <= 0) {
      return first;
    }
    if (length % 2 == 0) {
      throw config.wrong("conv_kernel_size", "an odd number");
    }
    Only.number(config, "conv_groups", 1);
    Parts parts = bert.parts();
    String at = "deberta.encoder.conv.";
    return new Block.Convolved(
        first,
        new Convolution(
            parts.parameter(at + "conv.weight", Weights.Init.NORMAL, hidden, hidden, length),
            parts.parameter(at + "conv.bias", Weights.Init.ZEROS, hidden),
            Activation.named(config.optionalText("conv_act").orElse("tanh")),
            parts.layerNorm(at + "LayerNorm", hidden, bert.eps()),
            bert.dropout()));
  }
}
