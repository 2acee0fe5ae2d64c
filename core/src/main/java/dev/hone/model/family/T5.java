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
import dev.hone.model.Parts;
import dev.hone.model.Qkv;
import dev.hone.model.RelativePositions;
import dev.hone.model.head.Seq2SeqLmHead;
import dev.hone.store.Config;
import java.util.ArrayList;
import java.util.List;

/** T5 1.0 and 1.1, FLAN-T5, mT5 (arXiv:1910.10683, arXiv:2002.05202, arXiv:2010.11934). */
final class T5 implements Family {
  private static final String MULTILINGUAL = "MT5ForConditionalGeneration";

  @Override
  public List<String> architectures() {
    return List.of("T5ForConditionalGeneration", MULTILINGUAL);
  }

  @Override
  public String prefix() {
    return "";
  }

  @Override
  public Backbone backbone(Config config, Parts parts) {
    Embedding tokens =
        parts.embedding(
            SharedTable.name(parts, ""), config.intValue("vocab_size"), config.intValue("d_model"));
    Half encoder = half(config, parts, tokens, "encoder", config.intValue("num_layers"));
    Half decoder =
        half(
            config,
            parts,
            tokens,
            "decoder",
            config.optionalInt("num_decoder_layers").orElse(config.intValue("num_layers")));
    int pad = Options.token(config, "pad_token_id", 0);
    int start = Options.token(config, "decoder_start_token_id", pad);
    return new EncoderDecoder(encoder, decoder, start, pad);
  }

  private static Half half(
      Config config, Parts parts, Embedding tokens, String side, int layerCount) {
    int hidden = config.intValue("d_model");
    boolean causal = side.equals("decoder");
    List<Block> blocks = new ArrayList<>();
    for (int layer = 0; layer < layerCount; layer++) {
      blocks.add(block(config, parts, side + ".block." + layer + ".layer.", layer, causal));
    }
    RelativePositions relative =
        new RelativePositions(
            parts.embedding(
                side + ".block.0.layer.0.SelfAttention.relative_attention_bias",
                config.optionalInt("relative_attention_num_buckets").orElse(32),
                config.intValue("num_heads")),
            config.optionalInt("relative_attention_max_distance").orElse(128),
            !causal);
    return new Half(
        tokens,
        1,
        null,
        0,
        relative,
        null,
        blocks,
        norm(config, parts, side + ".final_layer_norm"),
        dropout(config),
        dropout(config),
        causal,
        hidden,
        // Relative positions know no end; this is the length that the models were trained on.
        config.optionalInt("n_positions").orElse(512));
  }

  private static Block block(Config config, Parts parts, String at, int layer, boolean causal) {
    Norm attentionNorm = norm(config, parts, at + "0.layer_norm");
    Linear[] own = projections(config, parts, at + "0.SelfAttention.");
    int heads = config.intValue("num_heads");
    int width = config.intValue("d_kv");
    Attention attention =
        new MultiHeadAttention(
                layer,
                new Qkv.Separate(own[0], own[1], own[2]),
                own[3],
                heads,
                heads,
                width,
                dropout(config))
            .scaled(1.0, 0);
    if (!causal) {
      Norm norm = norm(config, parts, at + "1.layer_norm");
      return new Block.PreNorm(
          attentionNorm, attention, norm, mlp(config, parts, at + "1."), dropout(config));
    }
    Norm crossNorm = norm(config, parts, at + "1.layer_norm");
    Linear[] cross = projections(config, parts, at + "1.EncDecAttention.");
    return new Block.Crossed(
        true,
        attentionNorm,
        attention,
        crossNorm,
        new CrossAttention(
            layer, cross[0], cross[1], cross[2], cross[3], heads, width, 1.0, dropout(config)),
        norm(config, parts, at + "2.layer_norm"),
        mlp(config, parts, at + "2."),
        dropout(config));
  }

  /** Queries, keys, values, output. */
  private static Linear[] projections(Config config, Parts parts, String at) {
    int hidden = config.intValue("d_model");
    int inner = config.intValue("num_heads") * config.intValue("d_kv");
    return new Linear[] {
      parts.linear(at + "q", hidden, inner, false),
      parts.linear(at + "k", hidden, inner, false),
      parts.linear(at + "v", hidden, inner, false),
      parts.linear(at + "o", inner, hidden, false)
    };
  }

  private static Mlp mlp(Config config, Parts parts, String layer) {
    String at = layer + "DenseReluDense.";
    int hidden = config.intValue("d_model");
    int inner = config.intValue("d_ff");
    String kind = config.optionalText("feed_forward_proj").orElse("relu");
    if (!kind.startsWith("gated-")) {
      return new Mlp.Plain(
          parts.linear(at + "wi", hidden, inner, false),
          Activation.named(kind),
          parts.linear(at + "wo", inner, hidden, false),
          dropout(config));
    }
    String name = kind.substring("gated-".length());
    return new Mlp.Gated(
        parts.linear(at + "wi_0", hidden, inner, false),
        parts.linear(at + "wi_1", hidden, inner, false),
        // The first gated models used the tanh form before the config had a word for it.
        Activation.named(name.equals("gelu") ? "gelu_new" : name),
        parts.linear(at + "wo", inner, hidden, false),
        dropout(config));
  }

  private static Norm norm(Config config, Parts parts, String name) {
    double eps = config.optionalDouble("layer_norm_epsilon").orElse(1e-6);
    return parts.rmsNorm(name, config.intValue("d_model"), eps);
  }

  private static double dropout(Config config) {
    return config.optionalDouble("dropout_rate").orElse(0.1);
  }

  /**
   * Transformers 4 writes {@code tie_word_embeddings: false} for models with a head of their own,
   * which do not scale; Transformers 5 writes {@code scale_decoder_outputs} and claims to tie in
   * any case, but leaves a head of its own in the file. mT5 never scales.
   */
  @Override
  public Head head(String architecture, Config config, Backbone backbone, Parts parts) {
    int hidden = backbone.hiddenSize();
    boolean tied = config.optionalBoolean("tie_word_embeddings").orElse(true);
    boolean scaled =
        !architecture.equals(MULTILINGUAL)
            && config.optionalBoolean("scale_decoder_outputs").orElse(tied);
    boolean own = !tied || (!scaled && parts.has("lm_head.weight"));
    return new Seq2SeqLmHead(
        own
            ? parts.linear("lm_head", hidden, config.intValue("vocab_size"), false)
            : parts.tied("lm_head", backbone.tokens()),
        scaled ? 1 / Math.sqrt(hidden) : 1,
        null);
  }
}
