package dev.hone.model.head;

import dev.hone.tensor.DType;
import dev.hone.tensor.Functional;
import dev.hone.tensor.Tensor;

/** The loss of a row's label: {@code problem_type} of config.json. */
public enum ProblemType {
  /** One class a row: cross-entropy; labels I64[B]. */
  SINGLE_LABEL_CLASSIFICATION {
    @Override
    Tensor loss(Tensor logits, Tensor labels) {
      return Functional.crossEntropyMean(logits, labels);
    }
  },

  /** Any number of classes a row: binary cross-entropy of each; labels F32[B, K] of 0 and 1. */
  MULTI_LABEL_CLASSIFICATION {
    @Override
    Tensor loss(Tensor logits, Tensor labels) {
      return BinaryCrossEntropy.of(requireShape(logits, labels), labels).mean();
    }
  },

  /** Numbers: squared error; labels F32[B, K], or F32[B] where K = 1. */
  REGRESSION {
    @Override
    Tensor loss(Tensor logits, Tensor labels) {
      Tensor predicted = logits.size(1) == 1 ? logits.squeeze(1) : requireShape(logits, labels);
      Tensor wanted = labels.rank() == 2 && logits.size(1) == 1 ? labels.squeeze(1) : labels;
      return predicted.sub(wanted.to(DType.F32)).square().mean();
    }
  },

  /** Not said: K = 1 is a regression, whole numbers are classes, others several labels. */
  UNSET {
    @Override
    Tensor loss(Tensor logits, Tensor labels) {
      if (logits.size(1) == 1) {
        return REGRESSION.loss(logits, labels);
      }
      return labels.dtype() == DType.I64
          ? SINGLE_LABEL_CLASSIFICATION.loss(logits, labels)
          : MULTI_LABEL_CLASSIFICATION.loss(logits, labels);
    }
  },

  /** Not said, in DeBERTa: as before, but F32[B, K] are shares of one label. */
  UNSET_SHARES {
    @Override
    Tensor loss(Tensor logits, Tensor labels) {
      if (logits.size(1) == 1 || labels.rank() == 1) {
        return UNSET.loss(logits, labels);
      }
      return logits.logSoftmax(-1).mul(requireShape(labels, logits)).sum(-1).mean().neg();
    }
  };

  /**
   * @param logits [B, K]
   * @param labels of the type that the constant names
   */
  abstract Tensor loss(Tensor logits, Tensor labels);

  private static Tensor requireShape(Tensor logits, Tensor labels) {
    if (!java.util.Arrays.equals(logits.shape(), labels.shape())) {
      throw new IllegalArgumentException(
          "expected labels of the logits' shape, got "
              + labels.describe()
              + " for "
              + logits.describe());
    }
    return logits;
  }
}
