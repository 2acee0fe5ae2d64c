package dev.hone.model.family;

import dev.hone.model.Activation;
import dev.hone.model.Attention;
import dev.hone.model.Backbone;
import dev.hone.model.Block;
import dev.hone.model.CrossAttention;
import dev.hone.model.Embedding;
import dev.hone.model.EncoderDecoder;
import dev.hone.model.Half;
import dev.hone.model.Head;
import dev.hone.model.Linear;
import dev.hone.model.Mlp;
import dev.hone.model.MultiHeadAttention;
import dev.hone.model.Norm;
import dev.hone.model.Parameter;
import dev.hone.model.Parts;
import dev.hone.model.Qkv;
import dev.hone.model.head.Seq2SeqLmHead;
import dev.hone.store.Config;
import java.util.ArrayList;
import java.util.List;

/** BART (arXiv:1910.13461); a base checkpoint without a head has its head tied. */
final class Bart implements Family {
  /** Rows of the position tables that stand before the first position. */
  private static final int OFFSET = 2;

  private static final double EPS = 1e-5;

  @Override
  public List<String> architectures() {
    return List.of("BartForConditionalGeneration", "BartModel");
  }

  @Override
  public String prefix() {
    return "model.";
  }

  @Override
  public Backbone backbone(Config config, Parts parts) {
    refuseOtherForms(config);
    String read = "model.encoder.embed_tokens";
    String written = "model.decoder.embed_tokens";
    // Transformers 5 keeps three tables where nothing is tied, and reads none but these two.
    boolean apart = !tied(config) && parts.has(read + ".weight") && parts.has(written + ".weight");
    Embedding tokens = table(config, parts, apart ? read : SharedTable.name(parts, "model."));
    return new EncoderDecoder(
        half(config, parts, tokens, "encoder"),
        half(config, parts, apart ? table(config, parts, written) : tokens, "decoder"),
        Options.token(config, "decoder_start_token_id", 2),
        pad(config));
  }

  private static boolean tied(Config config) {
    return config.optionalBoolean("tie_word_embeddings").orElse(true);
  }

  private static int pad(Config config) {
    return Options.token(config, "pad_token_id", 1);
  }

  private static Embedding table(Config config, Parts parts, String name) {
    return parts.embedding(
        name, config.intValue("vocab_size"), config.intValue("d_model"), pad(config));
  }

  /** Keys of early configurations; all published BART models have them as BART is. */
  private static void refuseOtherForms(Config config) {
    for (String key :
        List.of("normalize_before", "add_final_layer_norm", "static_position_embeddings")) {
      if (config.optionalBoolean(key).orElse(false)) {
        throw config.wrong(key, "false, as in every BART");
      }
    }
    if (!config.optionalBoolean("normalize_embedding").orElse(true)) {
      throw config.wrong("normalize_embedding", "true, as in every BART");
    }
  }

  private static Half half(Config config, Parts parts, Embedding tokens, String side) {
    String at = "model." + side + ".";
    int hidden = config.intValue("d_model");
    int positions = config.intValue("max_position_embeddings");
    boolean causal = side.equals("decoder");
    Embedding places = parts.embedding(at + "embed_positions", positions + OFFSET, hidden);
    Norm embeddingNorm = parts.layerNorm(at + "layernorm_embedding", hidden, EPS);
    List<Block> blocks = new ArrayList<>();
    for (int layer = 0; layer < config.intValue(side + "_layers"); layer++) {
      blocks.add(block(config, parts, side, layer, causal));
    }
    return new Half(
        tokens,
        config.optionalBoolean("scale_embedding").orElse(false) ? Math.sqrt(hidden) : 1,
        places,
        OFFSET,
        null,
        embeddingNorm,
        blocks,
        null,
        dropout(config),
        0,
        causal,
        hidden,
        positions);
  }

  private static Block block(Config config, Parts parts, String side, int layer, boolean causal) {
    String at = "model." + side + ".layers." + layer + ".";
    int hidden = config.intValue("d_model");
    int heads = config.intValue(side + "_attention_heads");
    int headWidth = Options.headWidth(config, hidden, heads);
    int inner = config.intValue(side + "_ffn_dim");
    double onWeights = config.optionalDouble("attention_dropout").orElse(0);
    Linear[] own = projections(parts, at + "self_attn.", hidden);
    Attention attention =
        new MultiHeadAttention(
            layer,
            new Qkv.Separate(own[0], own[1], own[2]),
            own[3],
            heads,
            heads,
            headWidth,
            onWeights);
    Norm attentionNorm = parts.layerNorm(at + "self_attn_layer_norm", hidden, EPS);
    Mlp mlp =
        new Mlp.Plain(
            parts.linear(at + "fc1", hidden, inner, true),
            Activation.named(config.optionalText("activation_function").orElse("gelu")),
            parts.linear(at + "fc2", inner, hidden, true),
            config.optionalDouble("activation_dropout").orElse(0));
    Norm mlpNorm = parts.layerNorm(at + "final_layer_norm", hidden, EPS);
    if (!causal) {
      return new Block.PostNorm(attention, attentionNorm, mlp, mlpNorm, dropout(config));
    }
    Linear[] cross = projections(parts, at + "encoder_attn.", hidden);
    return new Block.Crossed(
        false,
        attentionNorm,
        attention,
        parts.layerNorm(at + "encoder_attn_layer_norm", hidden, EPS),
        new CrossAttention(
            layer, cross[0], cross[1], cross[2], cross[3], heads, headWidth, null, onWeights),
        mlpNorm,
        mlp,
        dropout(config));
  }

  /** Queries, keys, values, output. */
  private static Linear[] projections(Parts parts, String at, int hidden) {
    return new Linear[] {
      parts.linear(at + "q_proj", hidden, hidden, true),
      parts.linear(at + "k_proj", hidden, hidden, true),
      parts.linear(at + "v_proj", hidden, hidden, true),
      parts.linear(at + "out_proj", hidden, hidden, true)
    };
  }

  private static double dropout(Config config) {
    return config.optionalDouble("dropout").orElse(0.1);
  }

  @Override
  public Head head(String architecture, Config config, Backbone backbone, Parts parts) {
    int hidden = backbone.hiddenSize();
    int words = config.intValue("vocab_size");
    String bias = "final_logits_bias";
    Parameter added = parts.has(bias) ? parts.buffer(bias, 1, words) : null;
    return new Seq2SeqLmHead(
        tied(config)
            ? parts.tied("lm_head", backbone.tokens())
            : parts.linear("lm_head", hidden, words, false),
        1,
        added);
  }
}
