package dev.hone.model.family;

import dev.hone.model.Backbone;
import dev.hone.model.Head;
import dev.hone.model.Linear;
import dev.hone.model.Parts;
import dev.hone.model.head.LastTokenClassification;
import dev.hone.model.head.LmHead;
import dev.hone.store.Config;

/**
 * The heads that all decoder families share.
 *
 * @param tiedByDefault whether the output is the token table where the config does not say
 * @param output name of the output's linear
 * @param bias whether the output has one
 * @param divisor of the logits
 * @param softCap of the logits, 0 for none
 */
record DecoderHeads(
    boolean tiedByDefault, String output, boolean bias, double divisor, double softCap) {
  static final DecoderHeads UNTIED = new DecoderHeads(false, "lm_head", false, 1, 0);
  static final DecoderHeads TIED = new DecoderHeads(true, "lm_head", false, 1, 0);

  DecoderHeads named(String other) {
    return new DecoderHeads(tiedByDefault, other, bias, divisor, softCap);
  }

  DecoderHeads biased() {
    return new DecoderHeads(tiedByDefault, output, true, divisor, softCap);
  }

  DecoderHeads divided(double by) {
    return new DecoderHeads(tiedByDefault, output, bias, by, softCap);
  }

  DecoderHeads capped(double cap) {
    return new DecoderHeads(tiedByDefault, output, bias, divisor, cap);
  }

  Head of(String architecture, Config config, Backbone backbone, Parts parts) {
    int hidden = backbone.hiddenSize();
    if (architecture.endsWith("ForSequenceClassification")) {
      return new LastTokenClassification(
          parts.linear("score", hidden, Labels.count(config), false), Labels.problem(config));
    }
    Linear matrix =
        config.optionalBoolean("tie_word_embeddings").orElse(tiedByDefault)
            ? parts.tied(output, backbone.tokens(), bias)
            : parts.linear(output, hidden, config.intValue("vocab_size"), bias);
    return new LmHead(matrix, divisor, softCap);
  }
}
