package dev.hone.model.head;

import dev.hone.tensor.DType;
import dev.hone.tensor.Functional;
import dev.hone.tensor.Tensor;

/** The loss of a row's label: classes by cross-entropy, one number by squared error. */
final class LabelLoss {
  private LabelLoss() {}

  /**
   * @param logits [B, K]
   * @param labels I64[B] classes; with K = 1, F32[B] targets of a regression
   */
  static Tensor of(Tensor logits, Tensor labels) {
    if (logits.size(1) == 1 && labels.dtype() != DType.I64) {
      return logits.squeeze(1).sub(labels).square().mean();
    }
    return Functional.crossEntropyMean(logits, labels);
  }
}
