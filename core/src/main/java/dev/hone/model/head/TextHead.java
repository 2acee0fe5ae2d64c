package dev.hone.model.head;

import dev.hone.model.Head;
import dev.hone.model.Pass;
import dev.hone.tensor.Tensor;

/** A head that writes: hidden states [..., C] to logits [..., V] of the token that comes next. */
public interface TextHead extends Head {
  Tensor logits(Tensor hidden, Pass pass);
}
