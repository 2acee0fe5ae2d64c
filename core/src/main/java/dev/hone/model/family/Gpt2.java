package dev.hone.model.family;

import dev.hone.model.Activation;
import dev.hone.model.Backbone;
import dev.hone.model.Block;
import dev.hone.model.Decoder;
import dev.hone.model.Embedding;
import dev.hone.model.Embeddings;
import dev.hone.model.Head;
import dev.hone.model.LayerKind;
import dev.hone.model.Mlp;
import dev.hone.model.MultiHeadAttention;
import dev.hone.model.Parts;
import dev.hone.model.Qkv;
import dev.hone.store.Config;
import java.util.ArrayList;
import java.util.List;

/** GPT-2: learned positions, one fused projection, matrices stored as [in, out]. */
final class Gpt2 implements Family {
  @Override
  public List<String> architectures() {
    return List.of("GPT2LMHeadModel", "GPT2ForSequenceClassification");
  }

  @Override
  public String prefix() {
    return "transformer.";
  }

  @Override
  public Backbone backbone(Config config, Parts parts) {
    Options.refuse(config, "add_cross_attention", true);
    int hidden = Options.firstInt(config, "n_embd", "hidden_size");
    int positions = Options.firstInt(config, "n_positions", "max_position_embeddings");
    Embedding tokens = parts.embedding("transformer.wte", config.intValue("vocab_size"), hidden);
    Embedding places = parts.embedding("transformer.wpe", positions, hidden);
    List<Block> blocks = new ArrayList<>();
    for (int layer = 0; layer < Options.firstInt(config, "n_layer", "num_hidden_layers"); layer++) {
      blocks.add(block(config, parts, layer, hidden));
    }
    return new Decoder(
        Embeddings.of(tokens, places, config.optionalDouble("embd_pdrop").orElse(0.1)),
        List.of(LayerKind.PLAIN),
        blocks,
        parts.layerNorm("transformer.ln_f", hidden, eps(config)),
        hidden,
        positions);
  }

  private static Block block(Config config, Parts parts, int layer, int hidden) {
    String at = "transformer.h." + layer + ".";
    int heads = Options.firstInt(config, "n_head", "num_attention_heads");
    int width = Options.headWidth(config, hidden, heads);
    int inner = config.optionalInt("n_inner").orElse(4 * hidden);
    return new Block.PreNorm(
        parts.layerNorm(at + "ln_1", hidden, eps(config)),
        scaled(
            config,
            new MultiHeadAttention(
                layer,
                new Qkv.Fused(parts.conv1d(at + "attn.c_attn", hidden, 3L * hidden)),
                parts.conv1d(at + "attn.c_proj", hidden, hidden),
                heads,
                heads,
                width,
                config.optionalDouble("attn_pdrop").orElse(0.1))),
        parts.layerNorm(at + "ln_2", hidden, eps(config)),
        new Mlp.Plain(
            parts.conv1d(at + "mlp.c_fc", hidden, inner),
            Activation.named(config.optionalText("activation_function").orElse("gelu_new")),
            parts.conv1d(at + "mlp.c_proj", inner, hidden)),
        config.optionalDouble("resid_pdrop").orElse(0.1));
  }

  /** Two rarer ways to scale the scores (Mistral's GPT-2, for example). */
  private static MultiHeadAttention scaled(Config config, MultiHeadAttention plain) {
    boolean byWidth = config.optionalBoolean("scale_attn_weights").orElse(true);
    boolean byLayer = config.optionalBoolean("scale_attn_by_inverse_layer_idx").orElse(false);
    if (byWidth && !byLayer) {
      return plain;
    }
    double scale = byWidth ? 1 / Math.sqrt(plain.headWidth()) : 1;
    return plain.scaled(byLayer ? scale / (plain.layer() + 1) : scale, 0);
  }

  private static double eps(Config config) {
    return config.optionalDouble("layer_norm_epsilon").orElse(1e-5);
  }

  @Override
  public Head head(String architecture, Config config, Backbone backbone, Parts parts) {
    return DecoderHeads.TIED.of(architecture, config, backbone, parts);
  }
}
