package dev.hone.model.family;

import dev.hone.model.Activation;
import dev.hone.model.Backbone;
import dev.hone.model.Block;
import dev.hone.model.Embedding;
import dev.hone.model.Encoder;
import dev.hone.model.EncoderEmbeddings;
import dev.hone.model.Head;
import dev.hone.model.Linear;
import dev.hone.model.Parts;
import dev.hone.model.Weights;
import dev.hone.model.head.MaskedLmHead;
import dev.hone.model.head.Pooler;
import dev.hone.model.head.ProblemType;
import dev.hone.model.head.Transform;
import dev.hone.store.Config;
import java.util.List;

/** DeBERTa-v2 and -v3 (arXiv:2006.03654, arXiv:2111.09543). */
final class DebertaV2 implements Family {
  @Override
  public List<String> architectures() {
    return Task.architectures("DebertaV2");
  }

  @Override
  public String prefix() {
    return "deberta.";
  }

  @Override
  public Backbone backbone(Config config, Parts parts) {
    Only.off(config, "is_decoder", "add_cross_attention");
    Only.whole(config);
    BertLayers bert = layers(config, parts);
    int hidden = config.intValue("hidden_size");
    List<Block> blocks = DebertaLayers.of(bert, hidden);
    return new Encoder(
        embeddings(bert, hidden), blocks, hidden, config.intValue("max_position_embeddings"));
  }

  private static EncoderEmbeddings embeddings(BertLayers bert, int hidden) {
    Config config = bert.config();
    Parts parts = bert.parts();
    String at = "deberta.embeddings.";
    int width = config.optionalInt("embedding_size").orElse(hidden);
    Embedding words = bert.words(width, bert.padding(0));
    Embedding places =
        config.optionalBoolean("position_biased_input").orElse(true)
            ? parts.embedding(
                at + "position_embeddings", config.intValue("max_position_embeddings"), width)
            : null;
    int segments = config.optionalInt("type_vocab_size").orElse(0);
    Embedding types =
        segments > 0 ? parts.embedding(at + "token_type_embeddings", segments, width) : null;
    Linear widened = width == hidden ? null : parts.linear(at + "embed_proj", width, hidden, false);
    return new EncoderEmbeddings(
        words,
        places,
        -1,
        types,
        widened,
        parts.layerNorm(at + "LayerNorm", hidden, bert.eps()),
        true,
        bert.dropout(),
        null);
  }

  private static BertLayers layers(Config config, Parts parts) {
    return new BertLayers(config, parts, "deberta.", 1e-7);
  }

  @Override
  public Head head(String architecture, Config config, Backbone backbone, Parts parts) {
    int hidden = backbone.hiddenSize();
    BertLayers bert = layers(config, parts);
    EncoderHeads heads = new EncoderHeads(config, parts, hidden);
    double dropout = config.optionalDouble("cls_dropout").orElse(bert.dropout());
    return switch (Task.of(architecture)) {
      case TOKENS -> heads.tokens(bert.dropout());
      case ANSWER -> heads.answer(0);
      case CHOICE -> heads.choice(pooler(config, parts, hidden), dropout);
      case ROWS ->
          heads.rows(
              pooler(config, parts, hidden), dropout, "classifier", ProblemType.UNSET_SHARES);
      default ->
          config.optionalBoolean("legacy").orElse(true)
              ? legacyWords(heads, bert, backbone)
              : words(bert, backbone);
    };
  }

  private static Head legacyWords(EncoderHeads heads, BertLayers bert, Backbone backbone) {
    Parts parts = bert.parts();
    String at = "cls.predictions.transform.";
    long width = backbone.tokens().weight().value().size(1);
    return heads.maskedWords(
        new Transform(
            parts.linear(at + "dense", backbone.hiddenSize(), width, true),
            bert.activation(),
            parts.layerNorm(at + "LayerNorm", width, bert.eps())),
        "cls.predictions.decoder",
        "cls.predictions.bias",
        backbone.tokens());
  }

  /** The head that the models were trained with; always on the table of words. */
  private static Head words(BertLayers bert, Backbone backbone) {
    Parts parts = bert.parts();
    int hidden = backbone.hiddenSize();
    Embedding table = backbone.tokens();
    if (table.weight().value().size(1) != hidden) {
      throw bert.config().wrong("embedding_size", "hidden_size, " + hidden + ", without 'legacy'");
    }
    String at = "lm_predictions.lm_head.";
    var transform =
        new Transform(
            parts.linear(at + "dense", hidden, hidden, true),
            bert.activation(),
            parts.layerNorm(at + "LayerNorm", hidden, bert.eps()));
    long count = table.weight().value().size(0);
    return new MaskedLmHead(
        transform,
        parts.tied(
            "lm_predictions.lm_head",
            table,
            parts.parameter(at + "bias", Weights.Init.ZEROS, count)));
  }

  private static Pooler pooler(Config config, Parts parts, int hidden) {
    Only.number(config, "pooler_hidden_size", hidden);
    return new Pooler(
        false,
        config.optionalDouble("pooler_dropout").orElse(0),
        parts.linear("pooler.dense", hidden, hidden, true),
        Activation.named(config.optionalText("pooler_hidden_act").orElse("gelu")),
        null);
  }
}
