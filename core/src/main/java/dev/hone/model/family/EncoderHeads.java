package dev.hone.model.family;

import dev.hone.model.Embedding;
import dev.hone.model.Head;
import dev.hone.model.Linear;
import dev.hone.model.Parameter;
import dev.hone.model.Parts;
import dev.hone.model.Weights;
import dev.hone.model.head.MaskedLmHead;
import dev.hone.model.head.MultipleChoice;
import dev.hone.model.head.PooledClassification;
import dev.hone.model.head.Pooler;
import dev.hone.model.head.ProblemType;
import dev.hone.model.head.QuestionAnswering;
import dev.hone.model.head.TokenClassification;
import dev.hone.model.head.Transform;
import dev.hone.store.Config;

/**
 * The heads that encoder families share, with the parts that differ handed in.
 *
 * @param hidden C
 */
record EncoderHeads(Config config, Parts parts, int hidden) {

  Head rows(Pooler pooler, double dropout, String classifier, ProblemType unset) {
    return new PooledClassification(
        pooler,
        dropout,
        parts.linear(classifier, hidden, Labels.count(config), true),
        Labels.problem(config, unset));
  }

  Head rows(Pooler pooler, double dropout, String classifier) {
    return rows(pooler, dropout, classifier, ProblemType.UNSET);
  }

  Head choice(Pooler pooler, double dropout) {
    return new MultipleChoice(pooler, dropout, parts.linear("classifier", hidden, 1, true));
  }

  Head tokens(double dropout) {
    return new TokenClassification(
        null, dropout, parts.linear("classifier", hidden, Labels.count(config), true));
  }

  /** The output gives the two ends of an answer, so a model with other labels has no sense. */
  void requireTwoEnds() {
    if (Labels.count(config) != 2) {
      throw config.wrong(
          config.has("num_labels") ? "num_labels" : "id2label",
          "two labels, the first and the last token of an answer");
    }
  }

  Head answer(double dropout) {
    requireTwoEnds();
    return new QuestionAnswering(null, dropout, parts.linear("qa_outputs", hidden, 2, true));
  }

  /**
   * @param decoder name of the matrix of words
   * @param bias name of its bias; older files hold it as the decoder's own
   */
  Head maskedWords(Transform transform, String decoder, String bias, Embedding words) {
    long count = words.weight().value().size(0);
    String own = decoder + ".bias";
    Parameter shift = parts.parameter(parts.has(own) ? own : bias, Weights.Init.ZEROS, count);
    boolean tied = config.optionalBoolean("tie_word_embeddings").orElse(true);
    Linear matrix =
        tied
            ? parts.tied(decoder, words, shift)
            : parts.linear(decoder, words.weight().value().size(1), count, shift);
    return new MaskedLmHead(transform, matrix);
  }
}
