package dev.hone.model.head;

import dev.hone.model.Head;
import dev.hone.model.Inputs;
import dev.hone.model.Linear;
import dev.hone.model.Pass;
import dev.hone.tensor.Functional;
import dev.hone.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * A class for every token: logits [B, T, K].
 *
 * @param transform before the classifier, or null
 */
public record TokenClassification(@Nullable Transform transform, double dropout, Linear classifier)
    implements Head {
  @Override
  public Tensor logits(Tensor hidden, Inputs inputs, Pass pass) {
    Tensor x = transform == null ? hidden : transform.forward(hidden, pass);
    return classifier.forward(pass.dropout(x, dropout), pass);
  }

  /** Labels I64[B, T]. */
  @Override
  public Tensor loss(Tensor logits, Tensor labels) {
    return Functional.crossEntropyMean(logits.reshape(-1, logits.size(2)), labels.reshape(-1));
  }
}
