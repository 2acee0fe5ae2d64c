package dev.hone.model.head;

import dev.hone.model.Head;
import dev.hone.model.Inputs;
import dev.hone.model.Linear;
import dev.hone.model.Pass;
import dev.hone.tensor.Tensor;

/**
 * A class for a row from one vector: logits [B, K].
 *
 * @param dropout before the classifier
 */
public record PooledClassification(
    Pooler pooler, double dropout, Linear classifier, ProblemType problem) implements Head {
  @Override
  public Tensor logits(Tensor hidden, Inputs inputs, Pass pass) {
    Tensor pooled = pooler.forward(hidden, inputs, pass);
    return classifier.forward(pass.dropout(pooled, dropout), pass);
  }

  @Override
  public Tensor loss(Tensor logits, Tensor labels) {
    return problem.loss(logits, labels);
  }
}
