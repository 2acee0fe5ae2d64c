package dev.hone.model.family;

import dev.hone.model.Activation;
import dev.hone.model.Backbone;
import dev.hone.model.Block;
import dev.hone.model.Encoder;
import dev.hone.model.EncoderEmbeddings;
import dev.hone.model.Head;
import dev.hone.model.LayerKind;
import dev.hone.model.Linear;
import dev.hone.model.Mlp;
import dev.hone.model.MultiHeadAttention;
import dev.hone.model.Norm;
import dev.hone.model.Parts;
import dev.hone.model.Qkv;
import dev.hone.model.RopeReader;
import dev.hone.model.Window;
import dev.hone.model.head.MaskedLmHead;
import dev.hone.model.head.Pooler;
import dev.hone.model.head.QuestionAnswering;
import dev.hone.model.head.TokenClassification;
import dev.hone.model.head.Transform;
import dev.hone.store.Config;
import java.util.ArrayList;
import java.util.List;

/**
 * ModernBERT (arXiv:2412.13663): norms before the parts, gated feed-forward parts, rotary
 * positions, and layers of which most see only their neighbourhood.
 */
final class ModernBert implements Family {
  @Override
  public List<String> architectures() {
    return Task.architectures("ModernBert");
  }

  @Override
  public String prefix() {
    return "model.";
  }

  @Override
  public Backbone backbone(Config config, Parts parts) {
    int hidden = config.intValue("hidden_size");
    int layers = Options.layers(config, "num_hidden_layers");
    int around = config.optionalInt("local_attention").orElse(128) / 2;
    int every = Options.positive(config, "global_attn_every_n_layers", 3);
    LayerTypes types = LayerTypes.read(config, layers, around, layer -> layer % every != 0);
    int headWidth = Only.divided(config, hidden, "num_attention_heads");
    var embeddings =
        new EncoderEmbeddings(
            parts.embedding(
                "model.embeddings.tok_embeddings",
                config.intValue("vocab_size"),
                hidden,
                config.has("pad_token_id") ? Options.token(config, "pad_token_id", 0) : -1),
            null,
            -1,
            null,
            null,
            norm(config, parts, "model.embeddings.norm", hidden),
            false,
            config.optionalDouble("embedding_dropout").orElse(0),
            null);
    Kinds kinds = new Kinds();
    List<Block> blocks = new ArrayList<>();
    for (int layer = 0; layer < layers; layer++) {
      boolean local = types.slides(layer);
      int kind = kinds.of(kind(config, local, around, headWidth));
      blocks.add(block(config, parts, layer, hidden, headWidth, kind));
    }
    return new Encoder(
        embeddings,
        kinds.all(),
        blocks,
        norm(config, parts, "model.final_norm", hidden),
        hidden,
        config.intValue("max_position_embeddings"));
  }

  /** Transformers 5 has an object for each kind of layer, 4 has a base for each. */
  private static LayerKind kind(Config config, boolean local, int around, int headWidth) {
    Config all = config.optionalObject("rope_parameters").orElse(null);
    Config own =
        all == null
            ? config.optionalObject("rope_scaling").orElse(null)
            : all.optionalObject(local ? LayerTypes.SLIDING : LayerTypes.FULL).orElse(null);
    String type = RopeReader.type(own);
    if (List.of("dynamic", "longrope").contains(type)) {
      throw config.wrong(
          all == null ? "rope_scaling" : "rope_parameters",
          "default, linear, yarn or llama3 for encoders");
    }
    var rope =
        RopeReader.whole(config)
            .withTheta(local ? "local_rope_theta" : "global_rope_theta", local ? 10_000 : 160_000)
            .read(headWidth, own, type);
    return LayerKind.rotary(local ? Window.around(around) : null, rope);
  }

  private static Block block(
      Config config, Parts parts, int layer, int hidden, int headWidth, int kind) {
    String at = "model.layers." + layer + ".";
    int heads = config.intValue("num_attention_heads");
    int inner = config.intValue("intermediate_size");
    boolean bias = config.optionalBoolean("attention_bias").orElse(false);
    boolean mlpBias = config.optionalBoolean("mlp_bias").orElse(false);
    double dropout = config.optionalDouble("attention_dropout").orElse(0);
    return new Block.Sandwich(
        layer == 0 ? null : norm(config, parts, at + "attn_norm", hidden),
        new MultiHeadAttention(
                layer,
                new Qkv.Fused(parts.linear(at + "attn.Wqkv", hidden, 3L * hidden, bias)),
                parts.linear(at + "attn.Wo", hidden, hidden, bias),
                heads,
                heads,
                headWidth,
                dropout)
            .ofKind(kind)
            .dropped(dropout),
        null,
        norm(config, parts, at + "mlp_norm", hidden),
        new Mlp.FusedGated(
            parts.linear(at + "mlp.Wi", hidden, 2L * inner, mlpBias),
            Activation.named(config.optionalText("hidden_activation").orElse("gelu")),
            parts.linear(at + "mlp.Wo", inner, hidden, mlpBias),
            config.optionalDouble("mlp_dropout").orElse(0)),
        null,
        1);
  }

  private static Norm norm(Config config, Parts parts, String name, int width) {
    double eps = config.optionalDouble("norm_eps").orElse(1e-5);
    return config.optionalBoolean("norm_bias").orElse(false)
        ? parts.layerNorm(name, width, eps)
        : parts.layerNormWithoutBias(name, width, eps);
  }

  @Override
  public Head head(String architecture, Config config, Backbone backbone, Parts parts) {
    int hidden = backbone.hiddenSize();
    double dropout = config.optionalDouble("classifier_dropout").orElse(0);
    EncoderHeads heads = new EncoderHeads(config, parts, hidden);
    Transform transform =
        new Transform(
            parts.linear(
                "head.dense",
                hidden,
                hidden,
                config.optionalBoolean("classifier_bias").orElse(false)),
            Activation.named(config.optionalText("classifier_activation").orElse("gelu")),
            norm(config, parts, "head.norm", hidden));
    return switch (Task.of(architecture)) {
      case TOKENS -> new TokenClassification(transform, dropout, labels(config, parts, hidden));
      case ANSWER -> {
        heads.requireTwoEnds();
        yield new QuestionAnswering(transform, dropout, labels(config, parts, hidden));
      }
      case CHOICE -> heads.choice(pooler(config, transform), dropout);
      case ROWS -> heads.rows(pooler(config, transform), dropout, "classifier");
      default -> new MaskedLmHead(transform, decoder(config, parts, backbone));
    };
  }

  private static Linear labels(Config config, Parts parts, int hidden) {
    return parts.linear("classifier", hidden, Labels.count(config), true);
  }

  private static Linear decoder(Config config, Parts parts, Backbone backbone) {
    boolean bias = config.optionalBoolean("decoder_bias").orElse(true);
    return config.optionalBoolean("tie_word_embeddings").orElse(true)
        ? parts.tied("decoder", backbone.tokens(), bias)
        : parts.linear("decoder", backbone.hiddenSize(), config.intValue("vocab_size"), bias);
  }

  private static Pooler pooler(Config config, Transform transform) {
    Only.words(config, "classifier_pooling", "cls", "mean");
    boolean mean = config.optionalText("classifier_pooling").orElse("cls").equals("mean");
    return new Pooler(mean, 0, transform.dense(), transform.activation(), transform.norm());
  }
}
