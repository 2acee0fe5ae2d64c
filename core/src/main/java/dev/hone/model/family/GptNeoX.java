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
import dev.hone.model.Norm;
import dev.hone.model.Parts;
import dev.hone.model.Qkv;
import dev.hone.model.Rope;
import dev.hone.model.RopeReader;
import dev.hone.store.Config;
import java.util.ArrayList;
import java.util.List;

/** GPT-NeoX and Pythia (arXiv:2204.06745, arXiv:2304.01373). */
final class GptNeoX implements Family {
  @Override
  public List<String> architectures() {
    return List.of("GPTNeoXForCausalLM", "GPTNeoXForSequenceClassification");
  }

  @Override
  public String prefix() {
    return "gpt_neox.";
  }

  @Override
  public Backbone backbone(Config config, Parts parts) {
    Sizes sizes = Sizes.of(config);
    double eps = config.optionalDouble("layer_norm_eps").orElse(1e-5);
    double dropout = config.optionalDouble("hidden_dropout").orElse(0);
    Embedding tokens = parts.embedding("gpt_neox.embed_in", sizes.vocabulary(), sizes.hidden());
    List<Block> blocks = new ArrayList<>();
    for (int layer = 0; layer < sizes.layers(); layer++) {
      blocks.add(block(config, parts, layer, sizes, eps, dropout));
    }
    return new Decoder(
        Embeddings.of(tokens, 1, dropout),
        List.of(LayerKind.rotary(null, rope(config, sizes.headWidth()))),
        blocks,
        parts.layerNorm("gpt_neox.final_layer_norm", sizes.hidden(), eps),
        sizes.hidden(),
        sizes.positions());
  }

  /** Older configs say rotary_pct and rotary_emb_base. */
  private static Rope rope(Config config, int headWidth) {
    String theta = config.has("rotary_emb_base") ? "rotary_emb_base" : "rope_theta";
    String share = config.has("rotary_pct") ? "rotary_pct" : "partial_rotary_factor";
    return new RopeReader(config, theta, 10000, share, 0.25).read(headWidth);
  }

  private static Block block(
      Config config, Parts parts, int layer, Sizes sizes, double eps, double dropout) {
    String at = "gpt_neox.layers." + layer + ".";
    int hidden = sizes.hidden();
    boolean bias = config.optionalBoolean("attention_bias").orElse(true);
    Norm beforeAttention = parts.layerNorm(at + "input_layernorm", hidden, eps);
    Norm beforeMlp = parts.layerNorm(at + "post_attention_layernorm", hidden, eps);
    MultiHeadAttention attention =
        new MultiHeadAttention(
            layer,
            new Qkv.Grouped(
                parts.linear(at + "attention.query_key_value", hidden, 3L * hidden, bias),
                sizes.heads(),
                1,
                sizes.headWidth()),
            parts.linear(at + "attention.dense", hidden, hidden, bias),
            sizes.heads(),
            sizes.heads(),
            sizes.headWidth(),
            config.optionalDouble("attention_dropout").orElse(0));
    Mlp mlp =
        new Mlp.Plain(
            parts.linear(at + "mlp.dense_h_to_4h", hidden, sizes.inner(), true),
            Activation.named(config.optionalText("hidden_act").orElse("gelu")),
            parts.linear(at + "mlp.dense_4h_to_h", sizes.inner(), hidden, true));
    return config.optionalBoolean("use_parallel_residual").orElse(true)
        ? new Block.Parallel(beforeAttention, attention, beforeMlp, mlp, dropout, false)
        : new Block.PreNorm(beforeAttention, attention, beforeMlp, mlp, dropout);
  }

  @Override
  public Head head(String architecture, Config config, Backbone backbone, Parts parts) {
    return DecoderHeads.UNTIED.named("embed_out").of(architecture, config, backbone, parts);
  }
}
