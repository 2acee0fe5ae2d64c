package dev.hone.model.family;

import dev.hone.model.Activation;
import dev.hone.model.Alibi;
import dev.hone.model.Backbone;
import dev.hone.model.Block;
import dev.hone.model.Decoder;
import dev.hone.model.Embedding;
import dev.hone.model.Embeddings;
import dev.hone.model.Head;
import dev.hone.model.LayerKind;
import dev.hone.model.Mlp;
import dev.hone.model.MultiHeadAttention;
import dev.hone.model.Norm;
import dev.hone.model.Parts;
import dev.hone.model.Qkv;
import dev.hone.store.Config;
import java.util.ArrayList;
import java.util.List;

/** BLOOM (arXiv:2211.05100): no positions but a bias by distance, and a norm on the embeddings. */
final class Bloom implements Family {
  @Override
  public List<String> architectures() {
    return List.of("BloomForCausalLM", "BloomForSequenceClassification");
  }

  @Override
  public String prefix() {
    return "transformer.";
  }

  @Override
  public Backbone backbone(Config config, Parts parts) {
    if (config.optionalInt("pretraining_tp").orElse(1) > 1) {
      Options.refuse(config, "slow_but_exact", true);
    }
    int hidden = Options.firstInt(config, "hidden_size", "n_embed");
    int heads = Options.firstInt(config, "n_head", "num_attention_heads");
    double eps = config.optionalDouble("layer_norm_epsilon").orElse(1e-5);
    Embedding tokens =
        parts.embedding("transformer.word_embeddings", config.intValue("vocab_size"), hidden);
    Norm norm = parts.layerNorm("transformer.word_embeddings_layernorm", hidden, eps);
    List<Block> blocks = new ArrayList<>();
    for (int layer = 0; layer < Options.firstInt(config, "n_layer", "num_hidden_layers"); layer++) {
      blocks.add(block(config, parts, layer, hidden, heads, eps));
    }
    return new Decoder(
        new Embeddings(tokens, 1, 1, null, null, 0, norm, 0),
        List.of(new LayerKind(null, null, new Alibi(heads, false, 1))),
        blocks,
        parts.layerNorm("transformer.ln_f", hidden, eps),
        hidden,
        config.optionalInt("seq_length").orElse(2048));
  }

  private static Block block(
      Config config, Parts parts, int layer, int hidden, int heads, double eps) {
    String at = "transformer.h." + layer + ".";
    int width = Options.headWidth(config, hidden, heads);
    return new Block.PreNorm(
        parts.layerNorm(at + "input_layernorm", hidden, eps),
        new MultiHeadAttention(
            layer,
            new Qkv.Grouped(
                parts.linear(at + "self_attention.query_key_value", hidden, 3L * hidden, true),
                heads,
                1,
                width),
            parts.linear(at + "self_attention.dense", hidden, hidden, true),
            heads,
            heads,
            width,
            config.optionalDouble("attention_dropout").orElse(0)),
        parts.layerNorm(at + "post_attention_layernorm", hidden, eps),
        new Mlp.Plain(
            parts.linear(at + "mlp.dense_h_to_4h", hidden, 4L * hidden, true),
            Activation.GELU_TANH,
            parts.linear(at + "mlp.dense_4h_to_h", 4L * hidden, hidden, true)),
        config.optionalDouble("hidden_dropout").orElse(0),
        config.optionalBoolean("apply_residual_connection_post_layernorm").orElse(false));
  }

  @Override
  public Head head(String architecture, Config config, Backbone backbone, Parts parts) {
    return DecoderHeads.TIED.of(architecture, config, backbone, parts);
  }
}
