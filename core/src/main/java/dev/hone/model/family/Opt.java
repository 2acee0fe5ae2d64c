package dev.hone.model.family;

import dev.hone.model.Activation;
import dev.hone.model.Backbone;
import dev.hone.model.Block;
import dev.hone.model.Decoder;
import dev.hone.model.Embedding;
import dev.hone.model.Embeddings;
import dev.hone.model.Head;
import dev.hone.model.LayerKind;
import dev.hone.model.Linear;
import dev.hone.model.Mlp;
import dev.hone.model.MultiHeadAttention;
import dev.hone.model.Norm;
import dev.hone.model.Parts;
import dev.hone.model.Qkv;
import dev.hone.store.Config;
import java.util.ArrayList;
import java.util.List;

/** OPT (arXiv:2205.01068): positions count from row 2 of their table. */
final class Opt implements Family {
  @Override
  public List<String> architectures() {
    return List.of("OPTForCausalLM", "OPTForSequenceClassification");
  }

  @Override
  public String prefix() {
    return "model.";
  }

  private static final double EPS = 1e-5;

  @Override
  public Backbone backbone(Config config, Parts parts) {
    Options.refuse(config, "layer_norm_elementwise_affine", false);
    if (config.optionalDouble("layerdrop").orElse(0) != 0) {
      throw config.wrong("layerdrop", "0: leaving out whole layers is not supported");
    }
    int hidden = config.intValue("hidden_size");
    int tokenWidth = config.optionalInt("word_embed_proj_dim").orElse(hidden);
    int positions = config.intValue("max_position_embeddings");
    boolean normFirst = config.optionalBoolean("do_layer_norm_before").orElse(true);
    String at = "model.decoder.";
    Embedding tokens =
        parts.embedding(at + "embed_tokens", config.intValue("vocab_size"), tokenWidth);
    Embedding places = parts.embedding(at + "embed_positions", positions + 2, hidden);
    boolean projected = tokenWidth != hidden;
    Linear in = projected ? parts.linear(at + "project_in", tokenWidth, hidden, false) : null;
    List<Block> blocks = new ArrayList<>();
    for (int layer = 0; layer < config.intValue("num_hidden_layers"); layer++) {
      blocks.add(block(config, parts, layer, hidden, normFirst));
    }
    boolean noLast = config.optionalBoolean("_remove_final_layer_norm").orElse(false);
    return new Decoder(
        new Embeddings(tokens, 1, 1, in, places, 2, null, 0),
        List.of(LayerKind.PLAIN),
        blocks,
        normFirst && !noLast ? parts.layerNorm(at + "final_layer_norm", hidden, EPS) : null,
        projected ? parts.linear(at + "project_out", hidden, tokenWidth, false) : null,
        tokenWidth,
        positions);
  }

  private static Block block(Config config, Parts parts, int layer, int hidden, boolean normFirst) {
    String at = "model.decoder.layers." + layer + ".";
    int heads = config.intValue("num_attention_heads");
    int inner = config.intValue("ffn_dim");
    boolean bias = config.optionalBoolean("enable_bias").orElse(true);
    MultiHeadAttention attention =
        new MultiHeadAttention(
            layer,
            new Qkv.Separate(
                parts.linear(at + "self_attn.q_proj", hidden, hidden, bias),
                parts.linear(at + "self_attn.k_proj", hidden, hidden, bias),
                parts.linear(at + "self_attn.v_proj", hidden, hidden, bias)),
            parts.linear(at + "self_attn.out_proj", hidden, hidden, bias),
            heads,
            heads,
            Options.headWidth(config, hidden, heads),
            config.optionalDouble("attention_dropout").orElse(0));
    Norm first = parts.layerNorm(at + "self_attn_layer_norm", hidden, EPS);
    Mlp mlp =
        new Mlp.Plain(
            parts.linear(at + "fc1", hidden, inner, bias),
            Activation.named(config.optionalText("activation_function").orElse("relu")),
            parts.linear(at + "fc2", inner, hidden, bias));
    Norm second = parts.layerNorm(at + "final_layer_norm", hidden, EPS);
    double dropout = config.optionalDouble("dropout").orElse(0.1);
    return normFirst
        ? new Block.PreNorm(first, attention, second, mlp, dropout)
        : new Block.PostNorm(attention, first, mlp, second, dropout);
  }

  @Override
  public Head head(String architecture, Config config, Backbone backbone, Parts parts) {
    return DecoderHeads.TIED.of(architecture, config, backbone, parts);
  }
}
