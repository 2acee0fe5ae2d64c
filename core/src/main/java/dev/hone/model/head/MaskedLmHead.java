package dev.hone.model.head;

import dev.hone.model.Activation;
import dev.hone.model.Head;
import dev.hone.model.Inputs;
import dev.hone.model.Linear;
import dev.hone.model.Norm;
import dev.hone.model.Pass;
import dev.hone.tensor.Functional;
import dev.hone.tensor.Tensor;

/** The word behind a mask (BERT): dense, activation, norm, tied matrix with bias: [B, T, V]. */
public record MaskedLmHead(Linear transform, Activation activation, Norm norm, Linear decoder)
    implements Head {
  @Override
  public Tensor logits(Tensor hidden, Inputs inputs, Pass pass) {
    Tensor x = norm.forward(activation.apply(transform.forward(hidden, pass)), pass);
    return decoder.forward(x, pass);
  }

  /** Labels I64[B, T], not shifted. */
  @Override
  public Tensor loss(Tensor logits, Tensor labels) {
    return Functional.crossEntropyMean(logits.reshape(-1, logits.size(2)), labels.reshape(-1));
  }
}
