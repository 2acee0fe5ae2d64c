package dev.hone.model;

import dev.hone.tensor.Tensor;
import java.util.List;

/** What turns hidden states into answers, and answers into a loss. */
public interface Head {
  /** hidden [B, T, C] to logits; their shape is the head's own. */
  Tensor logits(Tensor hidden, Inputs inputs, Pass pass);

  /** The parameters that have an entry for every token, where they are not the token table. */
  default List<Parameter> words() {
    return List.of();
  }

  /** The mean loss of logits against labels of the head's own shape; labels -100 do not count. */
  Tensor loss(Tensor logits, Tensor labels);

  /**
   * Whether the rows of a batch have a say in each other's logits while training (batch norm): then
   * the rows of a step belong together and are not computed in parts.
   */
  default boolean mixesRows() {
    return false;
  }
}
