package dev.hone.model.head;

import dev.hone.model.Head;
import dev.hone.model.Inputs;
import dev.hone.model.Linear;
import dev.hone.model.Pass;
import dev.hone.tensor.Tensor;

/**
 * A class for a row from its first token (BERT): dense, tanh, dropout, linear: logits [B, K].
 *
 * @param dropout before the classifier
 */
public record PooledClassification(Linear pooler, Linear classifier, double dropout)
    implements Head {
  @Override
  public Tensor logits(Tensor hidden, Inputs inputs, Pass pass) {
    Tensor pooled = pooler.forward(hidden.select(1, 0), pass).tanh();
    return classifier.forward(pass.dropout(pooled, dropout), pass);
  }

  @Override
  public Tensor loss(Tensor logits, Tensor labels) {
    return LabelLoss.of(logits, labels);
  }
}
