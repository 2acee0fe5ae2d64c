package dev.hone.model.family;

import dev.hone.model.Activation;
import dev.hone.model.Backbone;
import dev.hone.model.Block;
import dev.hone.model.Decoder;
import dev.hone.model.Embedding;
import dev.hone.model.Head;
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
    int hidden = config.intValue("n_embd");
    int positions = config.intValue("n_positions");
    Embedding tokens = parts.embedding("transformer.wte", config.intValue("vocab_size"), hidden);
    Embedding places = parts.embedding("transformer.wpe", positions, hidden);
    List<Block> blocks = new ArrayList<>();
    for (int layer = 0; layer < config.intValue("n_layer"); layer++) {
      blocks.add(block(config, parts, layer, hidden));
    }
    return new Decoder(
        tokens,
        places,
        null,
        blocks,
        parts.layerNorm("transformer.ln_f", hidden, eps(config)),
        config.optionalDouble("embd_pdrop").orElse(0.1),
        hidden,
        positions);
  }

  private static Block block(Config config, Parts parts, int layer, int hidden) {
    String at = "transformer.h." + layer + ".";
    int heads = config.intValue("n_head");
    int inner = config.optionalInt("n_inner").orElse(4 * hidden);
    return new Block.PreNorm(
        parts.layerNorm(at + "ln_1", hidden, eps(config)),
        new MultiHeadAttention(
            layer,
            new Qkv.Fused(parts.conv1d(at + "attn.c_attn", hidden, 3L * hidden)),
            parts.conv1d(at + "attn.c_proj", hidden, hidden),
            heads,
            heads,
            hidden / heads,
            config.optionalDouble("attn_pdrop").orElse(0.1)),
        parts.layerNorm(at + "ln_2", hidden, eps(config)),
        new Mlp.Plain(
            parts.conv1d(at + "mlp.c_fc", hidden, inner),
            Activation.named(config.optionalText("activation_function").orElse("gelu_new")),
            parts.conv1d(at + "mlp.c_proj", inner, hidden)),
        config.optionalDouble("resid_pdrop").orElse(0.1));
  }

  private static double eps(Config config) {
    return config.optionalDouble("layer_norm_epsilon").orElse(1e-5);
  }

  @Override
  public Head head(String architecture, Config config, Backbone backbone, Parts parts) {
    return DecoderHeads.of(architecture, config, backbone, parts, true);
  }
}
