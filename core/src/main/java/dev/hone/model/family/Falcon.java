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
import dev.hone.model.Rope;
import dev.hone.store.Config;
import java.util.ArrayList;
import java.util.List;

/** Falcon 7B, 40B, 180B, 2-11B and the RW models (arXiv:2311.16867, arXiv:2306.01116). */
final class Falcon implements Family {
  @Override
  public List<String> architectures() {
    return List.of("FalconForCausalLM", "FalconForSequenceClassification");
  }

  @Override
  public String prefix() {
    return "transformer.";
  }

  @Override
  public Backbone backbone(Config config, Parts parts) {
    FalconShape shape = FalconShape.of(config);
    Embedding tokens =
        parts.embedding(
            "transformer.word_embeddings", config.intValue("vocab_size"), shape.hidden());
    List<Block> blocks = new ArrayList<>();
    for (int layer = 0; layer < config.intValue("num_hidden_layers"); layer++) {
      blocks.add(block(config, parts, layer, shape));
    }
    return new Decoder(
        Embeddings.of(tokens, 1, 0),
        List.of(
            shape.alibi()
                ? new LayerKind(
                    null, null, new Alibi(shape.heads(), true, Math.sqrt(shape.headWidth())))
                : LayerKind.rotary(null, Rope.of(config, shape.headWidth()))),
        blocks,
        norm(config, parts, "transformer.ln_f", shape),
        shape.hidden(),
        config.optionalInt("max_position_embeddings").orElse(2048));
  }

  private static Norm norm(Config config, Parts parts, String name, FalconShape shape) {
    return parts.layerNorm(
        name, shape.hidden(), config.optionalDouble("layer_norm_epsilon").orElse(1e-5));
  }

  private static Block block(Config config, Parts parts, int layer, FalconShape shape) {
    String at = "transformer.h." + layer + ".";
    MultiHeadAttention attention = attention(config, parts, layer, shape);
    int inner = config.optionalInt("ffn_hidden_size").orElse(4 * shape.hidden());
    Mlp mlp =
        new Mlp.Plain(
            parts.linear(at + "mlp.dense_h_to_4h", shape.hidden(), inner, shape.bias()),
            Activation.named(config.optionalText("activation").orElse("gelu")),
            parts.linear(at + "mlp.dense_4h_to_h", inner, shape.hidden(), shape.bias()));
    double dropout = config.optionalDouble("hidden_dropout").orElse(0);
    return switch (shape.norms()) {
      case ONE ->
          new Block.Parallel(
              norm(config, parts, at + "input_layernorm", shape),
              attention,
              null,
              mlp,
              dropout,
              true);
      case TWO ->
          new Block.Parallel(
              norm(config, parts, at + "ln_attn", shape),
              attention,
              norm(config, parts, at + "ln_mlp", shape),
              mlp,
              dropout,
              true);
      case IN_TURN ->
          new Block.PreNorm(
              norm(config, parts, at + "input_layernorm", shape),
              attention,
              norm(config, parts, at + "post_attention_layernorm", shape),
              mlp,
              dropout);
    };
  }

  private static MultiHeadAttention attention(
      Config config, Parts parts, int layer, FalconShape shape) {
    String at = "transformer.h." + layer + ".self_attention.";
    int groups = shape.keyValueHeads();
    long fused = (shape.heads() + 2L * groups) * shape.headWidth();
    return new MultiHeadAttention(
        layer,
        new Qkv.Grouped(
            parts.linear(at + "query_key_value", shape.hidden(), fused, shape.bias()),
            groups,
            shape.heads() / groups,
            shape.headWidth()),
        parts.linear(at + "dense", shape.hidden(), shape.hidden(), shape.bias()),
        shape.heads(),
        groups,
        shape.headWidth(),
        // The reference drops attention weights only where it adds biases.
        shape.alibi() ? config.optionalDouble("attention_dropout").orElse(0) : 0);
  }

  @Override
  public Head head(String architecture, Config config, Backbone backbone, Parts parts) {
    return DecoderHeads.TIED.of(architecture, config, backbone, parts);
  }
}
