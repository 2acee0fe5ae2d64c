package dev.hone.model.family;

import dev.hone.model.Activation;
import dev.hone.model.Block;
import dev.hone.model.Embedding;
import dev.hone.model.EncoderEmbeddings;
import dev.hone.model.Linear;
import dev.hone.model.Mlp;
import dev.hone.model.MultiHeadAttention;
import dev.hone.model.Parts;
import dev.hone.model.Qkv;
import dev.hone.store.Config;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What BERT, RoBERTa, ELECTRA and DeBERTa have alike.
 *
 * @param prefix of the backbone's tensors, ending in a dot
 * @param eps of every norm, where config.json is silent
 */
record BertLayers(Config config, Parts parts, String prefix, double defaultEps) {

  double eps() {
    return config.optionalDouble("layer_norm_eps").orElse(defaultEps);
  }

  double dropout() {
    return config.optionalDouble("hidden_dropout_prob").orElse(0.1);
  }

  double attentionDropout() {
    return config.optionalDouble("attention_probs_dropout_prob").orElse(0.1);
  }

  /** Before a classifier. */
  double headDropout() {
    return config.optionalDouble("classifier_dropout").orElse(dropout());
  }

  Activation activation() {
    return Activation.named(config.optionalText("hidden_act").orElse("gelu"));
  }

  /** The id of the padding, -1 where there is none. */
  long padding(int otherwise) {
    if (config.json().path("pad_token_id").isNull()) {
      return -1;
    }
    return Options.token(config, "pad_token_id", otherwise);
  }

  Embedding words(long width, long padding) {
    return parts.embedding(
        prefix + "embeddings.word_embeddings", config.intValue("vocab_size"), width, padding);
  }

  /**
   * @param uncounted see {@link EncoderEmbeddings}
   * @param mapped name of the linear to the layers' width, or null
   */
  EncoderEmbeddings embeddings(
      int width, int hidden, long padding, boolean uncounted, @Nullable String mapped) {
    String at = prefix + "embeddings.";
    Embedding words = words(width, padding);
    Embedding places =
        parts.embedding(
            at + "position_embeddings",
            config.intValue("max_position_embeddings"),
            width,
            uncounted ? padding : -1);
    Embedding types =
        parts.embedding(
            at + "token_type_embeddings", config.optionalInt("type_vocab_size").orElse(2), width);
    var norm = parts.layerNorm(at + "LayerNorm", width, eps());
    Linear map = mapped == null ? null : parts.linear(mapped, width, hidden, true);
    return new EncoderEmbeddings(
        words, places, uncounted ? padding : -1, types, null, norm, false, dropout(), map);
  }

  /** Layers with plain attention. */
  List<Block> blocks(int hidden) {
    int heads = config.intValue("num_attention_heads");
    int headWidth = Only.divided(config, hidden, "num_attention_heads");
    List<Block> blocks = new ArrayList<>();
    for (int layer = 0; layer < config.intValue("num_hidden_layers"); layer++) {
      String at = prefix + "encoder.layer." + layer + ".attention.";
      blocks.add(
          block(
              layer,
              hidden,
              new MultiHeadAttention(
                  layer,
                  new Qkv.Separate(
                      parts.linear(at + "self.query", hidden, hidden, true),
                      parts.linear(at + "self.key", hidden, hidden, true),
                      parts.linear(at + "self.value", hidden, hidden, true)),
                  parts.linear(at + "output.dense", hidden, hidden, true),
                  heads,
                  heads,
                  headWidth,
                  attentionDropout())));
    }
    return blocks;
  }

  /** One layer around its attention. */
  Block block(int layer, int hidden, dev.hone.model.Attention attention) {
    String at = prefix + "encoder.layer." + layer + ".";
    int inner = config.intValue("intermediate_size");
    return new Block.PostNorm(
        attention,
        parts.layerNorm(at + "attention.output.LayerNorm", hidden, eps()),
        new Mlp.Plain(
            parts.linear(at + "intermediate.dense", hidden, inner, true),
            activation(),
            parts.linear(at + "output.dense", inner, hidden, true)),
        parts.layerNorm(at + "output.LayerNorm", hidden, eps()),
        dropout());
  }
}
