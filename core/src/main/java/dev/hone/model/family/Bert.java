package dev.hone.model.family;

import dev.hone.model.Activation;
import dev.hone.model.Backbone;
import dev.hone.model.Block;
import dev.hone.model.Embedding;
import dev.hone.model.Encoder;
import dev.hone.model.Head;
import dev.hone.model.Linear;
import dev.hone.model.Mlp;
import dev.hone.model.MultiHeadAttention;
import dev.hone.model.Parts;
import dev.hone.model.Qkv;
import dev.hone.model.Weights;
import dev.hone.model.head.MaskedLmHead;
import dev.hone.model.head.PooledClassification;
import dev.hone.model.head.TokenClassification;
import dev.hone.store.Config;
import java.util.ArrayList;
import java.util.List;

/** BERT (arXiv:1810.04805). */
final class Bert implements Family {
  @Override
  public List<String> architectures() {
    return List.of(
        "BertForSequenceClassification", "BertForTokenClassification", "BertForMaskedLM");
  }

  @Override
  public String prefix() {
    return "bert.";
  }

  @Override
  public Backbone backbone(Config config, Parts parts) {
    int hidden = config.intValue("hidden_size");
    int positions = config.intValue("max_position_embeddings");
    String at = "bert.embeddings.";
    Embedding tokens =
        parts.embedding(at + "word_embeddings", config.intValue("vocab_size"), hidden);
    Embedding places = parts.embedding(at + "position_embeddings", positions, hidden);
    Embedding types =
        parts.embedding(
            at + "token_type_embeddings", config.optionalInt("type_vocab_size").orElse(2), hidden);
    var norm = parts.layerNorm(at + "LayerNorm", hidden, eps(config));
    List<Block> blocks = new ArrayList<>();
    for (int layer = 0; layer < config.intValue("num_hidden_layers"); layer++) {
      blocks.add(block(config, parts, layer, hidden));
    }
    return new Encoder(tokens, places, types, norm, blocks, dropout(config), hidden, positions);
  }

  private static Block block(Config config, Parts parts, int layer, int hidden) {
    String at = "bert.encoder.layer." + layer + ".";
    int heads = config.intValue("num_attention_heads");
    int inner = config.intValue("intermediate_size");
    return new Block.PostNorm(
        new MultiHeadAttention(
            layer,
            new Qkv.Separate(
                parts.linear(at + "attention.self.query", hidden, hidden, true),
                parts.linear(at + "attention.self.key", hidden, hidden, true),
                parts.linear(at + "attention.self.value", hidden, hidden, true)),
            parts.linear(at + "attention.output.dense", hidden, hidden, true),
            heads,
            heads,
            hidden / heads,
            config.optionalDouble("attention_probs_dropout_prob").orElse(0.1)),
        parts.layerNorm(at + "attention.output.LayerNorm", hidden, eps(config)),
        new Mlp.Plain(
            parts.linear(at + "intermediate.dense", hidden, inner, true),
            Activation.named(config.optionalText("hidden_act").orElse("gelu")),
            parts.linear(at + "output.dense", inner, hidden, true)),
        parts.layerNorm(at + "output.LayerNorm", hidden, eps(config)),
        dropout(config));
  }

  private static double eps(Config config) {
    return config.optionalDouble("layer_norm_eps").orElse(1e-12);
  }

  private static double dropout(Config config) {
    return config.optionalDouble("hidden_dropout_prob").orElse(0.1);
  }

  @Override
  public Head head(String architecture, Config config, Backbone backbone, Parts parts) {
    int hidden = backbone.hiddenSize();
    double headDropout = config.optionalDouble("classifier_dropout").orElse(dropout(config));
    return switch (architecture) {
      case "BertForMaskedLM" -> maskedLm(config, backbone, parts);
      case "BertForTokenClassification" ->
          new TokenClassification(
              parts.linear("classifier", hidden, Labels.count(config), true), headDropout);
      default ->
          new PooledClassification(
              parts.linear("bert.pooler.dense", hidden, hidden, true),
              parts.linear("classifier", hidden, Labels.count(config), true),
              headDropout);
    };
  }

  private static Head maskedLm(Config config, Backbone backbone, Parts parts) {
    int hidden = backbone.hiddenSize();
    int words = config.intValue("vocab_size");
    var bias = parts.parameter("cls.predictions.bias", Weights.Init.ZEROS, words);
    boolean tied = config.optionalBoolean("tie_word_embeddings").orElse(true);
    Linear matrix =
        tied
            ? parts.tied("cls.predictions.decoder", backbone.tokens())
            : parts.linear("cls.predictions.decoder", hidden, words, false);
    return new MaskedLmHead(
        parts.linear("cls.predictions.transform.dense", hidden, hidden, true),
        Activation.named(config.optionalText("hidden_act").orElse("gelu")),
        parts.layerNorm("cls.predictions.transform.LayerNorm", hidden, eps(config)),
        new Linear(matrix.name(), matrix.weight(), bias, false));
  }
}
