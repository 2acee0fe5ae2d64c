package dev.hone.model.head;

import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import java.util.List;

/** The loss of yes-or-no answers given as logits. */
final class BinaryCrossEntropy {
  private BinaryCrossEntropy() {}

  /**
   * @param logits [...]
   * @param labels F32[...], the share of yes
   * @return [...], one loss an answer
   */
  static Tensor of(Tensor logits, Tensor labels) {
    // log(sigmoid(x)) and log(1 - sigmoid(x)), without overflow.
    Tensor both = Tensors.stack(List.of(logits, logits.mul(0.0)), -1).logSoftmax(-1);
    Tensor yes = both.select(-1, 0).mul(labels);
    Tensor no = both.select(-1, 1).mul(labels.neg().add(1.0));
    return yes.add(no).neg();
  }
}
