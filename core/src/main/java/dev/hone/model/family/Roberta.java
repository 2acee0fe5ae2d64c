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

/**
 * RoBERTa (arXiv:1907.11692), XLM-R (arXiv:1911.02116) and CamemBERT (arXiv:1911.03894): BERT with
 * places that begin after the id of the padding.
 */
final class Roberta implements Family {
  @Override
  public List<String> architectures() {
    return Task.architectures("Roberta", "XLMRoberta", "Camembert");
  }

  @Override
  public String prefix() {
    return "roberta.";
  }

  @Override
  public Backbone backbone(Config config, Parts parts) {
    Only.plainEncoder(config);
    BertLayers roberta = layers(config, parts);
    int hidden = config.intValue("hidden_size");
    long padding = roberta.padding(1);
    if (padding < 0) {
      throw config.wrong("pad_token_id", "the id of the padding, from which places are counted");
    }
    int places = config.intValue("max_position_embeddings");
    return new Encoder(
        roberta.embeddings(hidden, hidden, padding, true, null),
        roberta.blocks(hidden),
        hidden,
        places - (int) padding - 1);
  }

  private static BertLayers layers(Config config, Parts parts) {
    return new BertLayers(config, parts, "roberta.", 1e-12);
  }

  @Override
  public Head head(String architecture, Config config, Backbone backbone, Parts parts) {
    int hidden = backbone.hiddenSize();
    BertLayers roberta = layers(config, parts);
    double dropout = roberta.headDropout();
    EncoderHeads heads = new EncoderHeads(config, parts, hidden);
    return switch (Task.of(architecture)) {
      case TOKENS -> heads.tokens(dropout);
      case ANSWER -> heads.answer(0);
      case CHOICE ->
          heads.choice(
              Pooler.first(
                  parts.linear("roberta.pooler.dense", hidden, hidden, true), Activation.TANH),
              roberta.dropout());
      case ROWS ->
          heads.rows(
              new Pooler(
                  false,
                  dropout,
                  parts.linear("classifier.dense", hidden, hidden, true),
                  Activation.TANH,
                  null),
              dropout,
              "classifier.out_proj");
      default ->
          heads.maskedWords(
              new Transform(
                  parts.linear("lm_head.dense", hidden, hidden, true),
                  Activation.GELU,
                  parts.layerNorm("lm_head.layer_norm", hidden, roberta.eps())),
              "lm_head.decoder",
              "lm_head.bias",
              backbone.tokens());
    };
  }
}
