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
import dev.hone.model.Rope;
import dev.hone.store.Config;
import java.util.ArrayList;
import java.util.List;

/** GPT-J: attention and feed-forward side by side, interleaved rotary positions. */
final class GptJ implements Family {
  @Override
  public List<String> architectures() {
    return List.of("GPTJForCausalLM", "GPTJForSequenceClassification");
  }

  @Override
  public String prefix() {
    return "transformer.";
  }

  @Override
  public Backbone backbone(Config config, Parts parts) {
    int hidden = Options.firstInt(config, "n_embd", "hidden_size");
    int heads = Options.firstInt(config, "n_head", "num_attention_heads");
    int headWidth = Options.headWidth(config, hidden, heads);
    double eps = config.optionalDouble("layer_norm_epsilon").orElse(1e-5);
    Embedding tokens = parts.embedding("transformer.wte", config.intValue("vocab_size"), hidden);
    List<Block> blocks = new ArrayList<>();
    for (int layer = 0; layer < Options.firstInt(config, "n_layer", "num_hidden_layers"); layer++) {
      blocks.add(block(config, parts, layer, hidden, headWidth, eps));
    }
    return new Decoder(
        Embeddings.of(tokens, 1, config.optionalDouble("embd_pdrop").orElse(0)),
        List.of(LayerKind.rotary(null, rope(config, headWidth))),
        blocks,
        parts.layerNorm("transformer.ln_f", hidden, eps),
        hidden,
        Options.firstInt(config, "n_positions", "max_position_embeddings"));
  }

  private static Rope rope(Config config, int headWidth) {
    Integer width = Options.nullableInt(config, "rotary_dim", 64);
    if (width == null || width < 2 || width > headWidth || width % 2 != 0) {
      throw config.wrong("rotary_dim", "an even number from 2 to " + headWidth);
    }
    return Rope.interleaved(10000, width);
  }

  private static Block block(
      Config config, Parts parts, int layer, int hidden, int headWidth, double eps) {
    int heads = hidden / headWidth;
    String at = "transformer.h." + layer + ".";
    int inner = config.optionalInt("n_inner").orElse(4 * hidden);
    return new Block.Parallel(
        parts.layerNorm(at + "ln_1", hidden, eps),
        new MultiHeadAttention(
            layer,
            new Qkv.Separate(
                parts.linear(at + "attn.q_proj", hidden, hidden, false),
                parts.linear(at + "attn.k_proj", hidden, hidden, false),
                parts.linear(at + "attn.v_proj", hidden, hidden, false)),
            parts.linear(at + "attn.out_proj", hidden, hidden, false),
            heads,
            heads,
            headWidth,
            config.optionalDouble("attn_pdrop").orElse(0)),
        null,
        new Mlp.Plain(
            parts.linear(at + "mlp.fc_in", hidden, inner, true),
            Activation.named(config.optionalText("activation_function").orElse("gelu_new")),
            parts.linear(at + "mlp.fc_out", inner, hidden, true)),
        config.optionalDouble("resid_pdrop").orElse(0),
        false);
  }

  @Override
  public Head head(String architecture, Config config, Backbone backbone, Parts parts) {
    return DecoderHeads.UNTIED.biased().of(architecture, config, backbone, parts);
  }
}
