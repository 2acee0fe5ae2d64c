package dev.hone.model.family;

import dev.hone.model.Activation;
import dev.hone.model.Backbone;
import dev.hone.model.Encoder;
import dev.hone.model.Head;
import dev.hone.model.Parts;
import dev.hone.model.head.Pooler;
import dev.hone.model.head.Transform;
import dev.hone.store.Config;
import java.util.List;

/** BERT (arXiv:1810.04805). */
final class Bert implements Family {
  @Override
  public List<String> architectures() {
    return Task.architectures("Bert");
  }

  @Override
  public String prefix() {
    return "bert.";
  }

  @Override
  public Backbone backbone(Config config, Parts parts) {
    Only.plainEncoder(config);
    BertLayers bert = layers(config, parts);
    int hidden = config.intValue("hidden_size");
    return new Encoder(
        bert.embeddings(hidden, hidden, bert.padding(0), false, null),
        bert.blocks(hidden),
        hidden,
        config.intValue("max_position_embeddings"));
  }

  private static BertLayers layers(Config config, Parts parts) {
    return new BertLayers(config, parts, "bert.", 1e-12);
  }

  @Override
  public Head head(String architecture, Config config, Backbone backbone, Parts parts) {
    int hidden = backbone.hiddenSize();
    BertLayers bert = layers(config, parts);
    EncoderHeads heads = new EncoderHeads(config, parts, hidden);
    return switch (Task.of(architecture)) {
      case TOKENS -> heads.tokens(bert.headDropout());
      case ANSWER -> heads.answer(0);
      case CHOICE -> heads.choice(pooler(parts, hidden), bert.headDropout());
      case ROWS -> heads.rows(pooler(parts, hidden), bert.headDropout(), "classifier");
      default ->
          heads.maskedWords(
              new Transform(
                  parts.linear("cls.predictions.transform.dense", hidden, hidden, true),
                  bert.activation(),
                  parts.layerNorm("cls.predictions.transform.LayerNorm", hidden, bert.eps())),
              "cls.predictions.decoder",
              "cls.predictions.bias",
              backbone.tokens());
    };
  }

  private static Pooler pooler(Parts parts, int hidden) {
    return Pooler.first(parts.linear("bert.pooler.dense", hidden, hidden, true), Activation.TANH);
  }
}
