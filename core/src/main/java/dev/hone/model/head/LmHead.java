package dev.hone.model.head;

import dev.hone.model.Inputs;
import dev.hone.model.Linear;
import dev.hone.model.Pass;
import dev.hone.tensor.Functional;
import dev.hone.tensor.Tensor;

/** Next-token prediction: hidden [..., C] to logits [..., V]. */
public record LmHead(Linear output) implements TextHead {
  @Override
  public Tensor logits(Tensor hidden, Inputs inputs, Pass pass) {
    return logits(hidden, pass);
  }

  @Override
  public Tensor logits(Tensor hidden, Pass pass) {
    return output.forward(hidden, pass);
  }

  /** Position t is scored against label t+1; labels I64[B, T]. */
  @Override
  public Tensor loss(Tensor logits, Tensor labels) {
    long width = logits.size(1);
    Tensor predictions = logits.narrow(1, 0, width - 1);
    return Functional.crossEntropyMean(
        predictions.reshape(-1, logits.size(2)), labels.narrow(1, 1, width - 1).reshape(-1));
  }
}
