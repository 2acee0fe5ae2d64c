package dev.hone.model.family;

import dev.hone.model.Activation;
import dev.hone.model.Backbone;
import dev.hone.model.Encoder;
import dev.hone.model.Head;
import dev.hone.model.Parts;
import dev.hone.model.head.Pooler;
import dev.hone.model.head.ReplacedTokens;
import dev.hone.model.head.Transform;
import dev.hone.store.Config;
import java.util.ArrayList;
import java.util.List;

/** ELECTRA (arXiv:2003.10555), discriminator and generator: BERT with narrower embeddings. */
final class Electra implements Family {
  @Override
  public List<String> architectures() {
    List<String> names = new ArrayList<>(Task.architectures("Electra"));
    names.add("ElectraForPreTraining");
    return names;
  }

  @Override
  public String prefix() {
    return "electra.";
  }

  @Override
  public Backbone backbone(Config config, Parts parts) {
    Only.plainEncoder(config);
    BertLayers electra = layers(config, parts);
    int hidden = config.intValue("hidden_size");
    int width = config.intValue("embedding_size");
    return new Encoder(
        electra.embeddings(
            width,
            hidden,
            electra.padding(0),
            false,
            width == hidden ? null : "electra.embeddings_project"),
        electra.blocks(hidden),
        hidden,
        config.intValue("max_position_embeddings"));
  }

  private static BertLayers layers(Config config, Parts parts) {
    return new BertLayers(config, parts, "electra.", 1e-12);
  }

  @Override
  public Head head(String architecture, Config config, Backbone backbone, Parts parts) {
    int hidden = backbone.hiddenSize();
    BertLayers electra = layers(config, parts);
    double dropout = electra.headDropout();
    EncoderHeads heads = new EncoderHeads(config, parts, hidden);
    return switch (Task.of(architecture)) {
      case TOKENS -> heads.tokens(dropout);
      case ANSWER -> heads.answer(0);
      case CHOICE ->
          heads.choice(
              summary(config, parts, hidden),
              config.optionalDouble("summary_last_dropout").orElse(0.1));
      case ROWS ->
          heads.rows(
              new Pooler(
                  false,
                  dropout,
                  parts.linear("classifier.dense", hidden, hidden, true),
                  Activation.GELU,
                  null),
              dropout,
              "classifier.out_proj");
      case REPLACED_TOKENS ->
          new ReplacedTokens(
              parts.linear("discriminator_predictions.dense", hidden, hidden, true),
              electra.activation(),
              parts.linear("discriminator_predictions.dense_prediction", hidden, 1, true));
      case MASKED_WORDS -> {
        int width = config.intValue("embedding_size");
        yield heads.maskedWords(
            new Transform(
                parts.linear("generator_predictions.dense", hidden, width, true),
                Activation.GELU,
                parts.layerNorm("generator_predictions.LayerNorm", width, electra.eps())),
            "generator_lm_head",
            "generator_lm_head.bias",
            backbone.tokens());
      }
    };
  }

  private static Pooler summary(Config config, Parts parts, int hidden) {
    Only.words(config, "summary_type", "first");
    Only.off(config, "summary_proj_to_labels");
    if (!config.optionalBoolean("summary_use_proj").orElse(true)) {
      throw config.wrong("summary_use_proj", "true; false is not supported");
    }
    return new Pooler(
        false,
        config.optionalDouble("summary_first_dropout").orElse(0),
        parts.linear("sequence_summary.summary", hidden, hidden, true),
        Activation.named(config.optionalText("summary_activation").orElse("gelu")),
        null);
  }
}
