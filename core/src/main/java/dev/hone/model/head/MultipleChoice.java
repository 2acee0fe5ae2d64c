package dev.hone.model.head;

import dev.hone.model.Head;
import dev.hone.model.Inputs;
import dev.hone.model.Linear;
import dev.hone.model.Pass;
import dev.hone.tensor.Functional;
import dev.hone.tensor.Tensor;

/**
 * The best of the rows that belong together: one score a row, logits [questions, choices].
 *
 * @param dropout before the classifier
 * @param classifier to one number
 */
public record MultipleChoice(Pooler pooler, double dropout, Linear classifier) implements Head {
  @Override
  public Tensor logits(Tensor hidden, Inputs inputs, Pass pass) {
    Tensor pooled = pooler.forward(hidden, inputs, pass);
    Tensor scores = classifier.forward(pass.dropout(pooled, dropout), pass);
    return scores.reshape(-1, inputs.choices());
  }

  /** Labels I64[questions]: the number of the right choice. */
  @Override
  public Tensor loss(Tensor logits, Tensor labels) {
    return Functional.crossEntropyMean(logits, labels);
  }
}
