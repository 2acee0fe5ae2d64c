package dev.hone.model.family;

import dev.hone.model.Activation;
import dev.hone.model.Backbone;
import dev.hone.model.Block;
import dev.hone.model.Embedding;
import dev.hone.model.Encoder;
import dev.hone.model.EncoderEmbeddings;
import dev.hone.model.Head;
import dev.hone.model.Mlp;
import dev.hone.model.MultiHeadAttention;
import dev.hone.model.Parts;
import dev.hone.model.Qkv;
import dev.hone.model.head.Pooler;
import dev.hone.model.head.Transform;
import dev.hone.store.Config;
import java.util.ArrayList;
import java.util.List;

/** DistilBERT (arXiv:1910.01108): BERT without segments. */
final class DistilBert implements Family {
  private static final double EPS = 1e-12;

  @Override
  public List<String> architectures() {
    return Task.architectures("DistilBert");
  }

  @Override
  public String prefix() {
    return "distilbert.";
  }

  @Override
  public Backbone backbone(Config config, Parts parts) {
    Only.whole(config);
    int hidden = config.intValue("dim");
    int positions = config.intValue("max_position_embeddings");
    String at = "distilbert.embeddings.";
    if (config.optionalBoolean("sinusoidal_pos_embds").orElse(false)
        && !parts.has(at + "position_embeddings.weight")) {
      throw config.wrong("sinusoidal_pos_embds", "false where the weights begin at random");
    }
    Embedding words =
        parts.embedding(
            at + "word_embeddings",
            config.intValue("vocab_size"),
            hidden,
            new BertLayers(config, parts, prefix(), EPS).padding(0));
    Embedding places = parts.embedding(at + "position_embeddings", positions, hidden);
    var norm = parts.layerNorm(at + "LayerNorm", hidden, EPS);
    List<Block> blocks = new ArrayList<>();
    for (int layer = 0; layer < config.intValue("n_layers"); layer++) {
      blocks.add(block(config, parts, layer, hidden));
    }
    return new Encoder(
        new EncoderEmbeddings(words, places, -1, null, null, norm, false, dropout(config), null),
        blocks,
        hidden,
        positions);
  }

  private static Block block(Config config, Parts parts, int layer, int hidden) {
    String at = "distilbert.transformer.layer." + layer + ".";
    int heads = config.intValue("n_heads");
    int inner = config.intValue("hidden_dim");
    return new Block.PostNorm(
        new MultiHeadAttention(
            layer,
            new Qkv.Separate(
                parts.linear(at + "attention.q_lin", hidden, hidden, true),
                parts.linear(at + "attention.k_lin", hidden, hidden, true),
                parts.linear(at + "attention.v_lin", hidden, hidden, true)),
            parts.linear(at + "attention.out_lin", hidden, hidden, true),
            heads,
            heads,
            Only.divided(config, hidden, "n_heads"),
            config.optionalDouble("attention_dropout").orElse(0.1)),
        parts.layerNorm(at + "sa_layer_norm", hidden, EPS),
        new Mlp.Plain(
            parts.linear(at + "ffn.lin1", hidden, inner, true),
            activation(config),
            parts.linear(at + "ffn.lin2", inner, hidden, true)),
        parts.layerNorm(at + "output_layer_norm", hidden, EPS),
        0,
        dropout(config));
  }

  private static double dropout(Config config) {
    return config.optionalDouble("dropout").orElse(0.1);
  }

  private static Activation activation(Config config) {
    return Activation.named(config.optionalText("activation").orElse("gelu"));
  }

  @Override
  public Head head(String architecture, Config config, Backbone backbone, Parts parts) {
    int hidden = backbone.hiddenSize();
    double dropout = config.optionalDouble("seq_classif_dropout").orElse(0.2);
    EncoderHeads heads = new EncoderHeads(config, parts, hidden);
    return switch (Task.of(architecture)) {
      case TOKENS -> heads.tokens(dropout(config));
      case ANSWER -> heads.answer(config.optionalDouble("qa_dropout").orElse(0.1));
      case CHOICE -> heads.choice(pooler(parts, hidden), dropout);
      case ROWS -> heads.rows(pooler(parts, hidden), dropout, "classifier");
      default ->
          heads.maskedWords(
              new Transform(
                  parts.linear("vocab_transform", hidden, hidden, true),
                  activation(config),
                  parts.layerNorm("vocab_layer_norm", hidden, EPS)),
              "vocab_projector",
              "vocab_projector.bias",
              backbone.tokens());
    };
  }

  private static Pooler pooler(Parts parts, int hidden) {
    return Pooler.first(parts.linear("pre_classifier", hidden, hidden, true), Activation.RELU);
  }
}
