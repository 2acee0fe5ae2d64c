package dev.hone.model.family;

import dev.hone.model.Backbone;
import dev.hone.model.Head;
import dev.hone.model.Parts;
import dev.hone.model.head.LastTokenClassification;
import dev.hone.model.head.LmHead;
import dev.hone.store.Config;

/** The heads that all decoder families share. */
final class DecoderHeads {
  private DecoderHeads() {}

  static Head of(
      String architecture, Config config, Backbone backbone, Parts parts, boolean tiedByDefault) {
    int hidden = backbone.hiddenSize();
    if (architecture.endsWith("ForSequenceClassification")) {
      return new LastTokenClassification(
          parts.linear("score", hidden, Labels.count(config), false));
    }
    return new LmHead(
        config.optionalBoolean("tie_word_embeddings").orElse(tiedByDefault)
            ? parts.tied("lm_head", backbone.tokens())
            : parts.linear("lm_head", hidden, config.intValue("vocab_size"), false));
  }
}
