package dev.hone.model.head;

import dev.hone.model.Head;
import dev.hone.model.Inputs;
import dev.hone.model.Linear;
import dev.hone.model.Pass;
import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;

/**
 * A class for a row from the hidden state of its last real token, wherever its padding stands, for
 * decoders: logits [B, K].
 */
public record LastTokenClassification(Linear score, ProblemType problem) implements Head {
  @Override
  public Tensor logits(Tensor hidden, Inputs inputs, Pass pass) {
    long rows = hidden.size(0);
    long width = hidden.size(1);
    Tensor first = Tensors.arange(rows).mul(width);
    Tensor last =
        inputs.mask() == null
            ? first.add(width - 1)
            : first.add(Tensors.arange(width).mul(inputs.mask()).argmax(1));
    Tensor pooled = hidden.reshape(rows * width, hidden.size(2)).indexSelect(0, last);
    return score.forward(pooled, pass);
  }

  @Override
  public Tensor loss(Tensor logits, Tensor labels) {
    return problem.loss(logits, labels);
  }
}
