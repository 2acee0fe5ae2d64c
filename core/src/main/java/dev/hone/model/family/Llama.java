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
import dev.hone.model.Rope;
import dev.hone.store.Config;
import java.util.ArrayList;
import java.util.List;

/** Llama 1 to 3.x, TinyLlama, SmolLM2 (arXiv:2302.13971, arXiv:2407.21783). */
final class Llama implements Family {
  @Override
  public List<String> architectures() {
    return List.of("LlamaForCausalLM", "LlamaForSequenceClassification");
  }

  @Override
  public String prefix() {
    return "model.";
  }

  @Override
  public Backbone backbone(Config config, Parts parts) {
    int hidden = config.intValue("hidden_size");
    int heads = config.intValue("num_attention_heads");
    int headWidth = config.optionalInt("head_dim").orElse(hidden / heads);
    Embedding tokens = parts.embedding("model.embed_tokens", config.intValue("vocab_size"), hidden);
    List<Block> blocks = new ArrayList<>();
    for (int layer = 0; layer < config.intValue("num_hidden_layers"); layer++) {
      blocks.add(block(config, parts, layer, hidden, heads, headWidth));
    }
    return new Decoder(
        tokens,
        null,
        Rope.of(config, headWidth),
        blocks,
        parts.rmsNorm("model.norm", hidden, config.doubleValue("rms_norm_eps")),
        0,
        hidden,
        config.intValue("max_position_embeddings"));
  }

  private static Block block(
      Config config, Parts parts, int layer, int hidden, int heads, int headWidth) {
    String at = "model.layers." + layer + ".";
    int keyValueHeads = config.optionalInt("num_key_value_heads").orElse(heads);
    int inner = config.intValue("intermediate_size");
    double eps = config.doubleValue("rms_norm_eps");
    boolean bias = config.optionalBoolean("attention_bias").orElse(false);
    boolean mlpBias = config.optionalBoolean("mlp_bias").orElse(false);
    int queries = heads * headWidth;
    int keys = keyValueHeads * headWidth;
    return new Block.PreNorm(
        parts.rmsNorm(at + "input_layernorm", hidden, eps),
        new MultiHeadAttention(
            layer,
            new Qkv.Separate(
                parts.linear(at + "self_attn.q_proj", hidden, queries, bias),
                parts.linear(at + "self_attn.k_proj", hidden, keys, bias),
                parts.linear(at + "self_attn.v_proj", hidden, keys, bias)),
            parts.linear(at + "self_attn.o_proj", queries, hidden, bias),
            heads,
            keyValueHeads,
            headWidth,
            config.optionalDouble("attention_dropout").orElse(0)),
        parts.rmsNorm(at + "post_attention_layernorm", hidden, eps),
        new Mlp.Gated(
            parts.linear(at + "mlp.gate_proj", hidden, inner, mlpBias),
            parts.linear(at + "mlp.up_proj", hidden, inner, mlpBias),
            Activation.named(config.optionalText("hidden_act").orElse("silu")),
            parts.linear(at + "mlp.down_proj", inner, hidden, mlpBias)),
        0);
  }

  @Override
  public Head head(String architecture, Config config, Backbone backbone, Parts parts) {
    return DecoderHeads.of(architecture, config, backbone, parts, false);
  }
}
