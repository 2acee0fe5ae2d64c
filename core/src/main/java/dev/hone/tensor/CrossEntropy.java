package dev.hone.tensor;

import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.global.torch;

/**
 * The cross-entropy between logits and classes together with its gradient, by hand: softmax minus
 * the target. One buffer as large as the logits serves for both, where recording the operations
 * would keep three.
 *
 * @param sum over all rows
 * @param gradient of {@code factor * sum} with respect to the logits, [N, V]
 */
public record CrossEntropy(double sum, Tensor gradient) {

  /**
   * @param logits [N, V]; their history is left alone
   * @param labels I64[N], all of them classes
   * @param smoothing share of the target spread over all classes
   */
  public static CrossEntropy of(Tensor logits, Tensor labels, double smoothing, double factor) {
    try (GradMode off = GradMode.off()) {
      Tensor logs = logProbabilities(logits, labels);
      double sum = sum(logs, labels, smoothing);
      torch.exp_(logs.handle());
      logs.mulInPlace(factor);
      if (smoothing > 0) {
        logs.handle().sub_(new Scalar(factor * smoothing / logits.size(1)));
      }
      logs.handle()
          .scatter_add_(
              1,
              labels.unsqueeze(1).handle(),
              Tensors.full(-factor * (1 - smoothing), labels.size(0), 1).handle());
      return new CrossEntropy(sum, logs);
    }
  }

  /** The sum alone. */
  public static double sumOf(Tensor logits, Tensor labels, double smoothing) {
    try (Scope scope = Scope.open();
        GradMode off = GradMode.off()) {
      return sum(logProbabilities(logits, labels), labels, smoothing);
    }
  }

  private static Tensor logProbabilities(Tensor logits, Tensor labels) {
    if (logits.rank() != 2 || labels.rank() != 1 || logits.size(0) != labels.size(0)) {
      throw Shapes.mismatch("crossEntropy", "logits [N, V] and labels I64[N]", logits, labels);
    }
    Shapes.within("crossEntropy", "labels", labels, logits.size(1));
    return logits.detach().logSoftmax(-1);
  }

  private static double sum(Tensor logs, Tensor labels, double smoothing) {
    try (Scope scope = Scope.open()) {
      Tensor picked = new Tensor(logs.handle().gather(1, labels.unsqueeze(1).handle()));
      double sum = -(1 - smoothing) * picked.sum().item();
      return smoothing == 0 ? sum : sum - smoothing * logs.mean().item() * logs.size(0);
    }
  }
}
