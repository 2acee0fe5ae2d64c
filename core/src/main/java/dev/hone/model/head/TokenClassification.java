package dev.hone.model.head;

import dev.hone.model.Head;
import dev.hone.model.Inputs;
import dev.hone.model.Linear;
import dev.hone.model.Pass;
import dev.hone.tensor.Functional;
import dev.hone.tensor.Tensor;

/** A class for every token: logits [B, T, K]. */
public record TokenClassification(Linear classifier, double dropout) implements Head {
  @Override
  public Tensor logits(Tensor hidden, Inputs inputs, Pass pass) {
    return classifier.forward(pass.dropout(hidden, dropout), pass);
  }

  /** Labels I64[B, T]. */
  @Override
  public Tensor loss(Tensor logits, Tensor labels) {
    return Functional.crossEntropyMean(logits.reshape(-1, logits.size(2)), labels.reshape(-1));
  }
}
