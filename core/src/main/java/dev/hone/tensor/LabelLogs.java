package dev.hone.tensor;

import org.bytedeco.pytorch.global.torch;

/**
 * The log-probability of one class in each row of logits, and the gradient of their weighted sum by
 * hand. The weights may depend on the log-probabilities, as they do where a loss compares rows. One
 * buffer as large as the logits serves for both.
 */
public final class LabelLogs {
  private final Tensor logs;
  private final Tensor labels;
  private final double[] values;

  private LabelLogs(Tensor logs, Tensor labels, double[] values) {
    this.logs = logs;
    this.labels = labels;
    this.values = values;
  }

  /**
   * @param logits [N, V]; their history is left alone
   * @param labels I64[N], all of them classes
   */
  public static LabelLogs of(Tensor logits, Tensor labels) {
    if (logits.rank() != 2 || labels.rank() != 1 || logits.size(0) != labels.size(0)) {
      throw Shapes.mismatch("labelLogs", "logits [N, V] and labels I64[N]", logits, labels);
    }
    Shapes.within("labelLogs", "labels", labels, logits.size(1));
    try (GradMode off = GradMode.off()) {
      Tensor logs = logits.detach().logSoftmax(-1);
      float[] picked = new Tensor(logs.handle().gather(1, labels.unsqueeze(1).handle())).toFloats();
      double[] values = new double[picked.length];
      java.util.Arrays.setAll(values, i -> picked[i]);
      return new LabelLogs(logs, labels, values);
    }
  }

  /** N natural logarithms. */
  public double[] values() {
    return values.clone();
  }

  /**
   * Of {@code sum of weights[n] * values[n]} with respect to the logits, [N, V]. It takes the
   * buffer, and so can be asked for once.
   */
  public Tensor gradient(double[] weights) {
    float[] factors = new float[weights.length];
    float[] negated = new float[weights.length];
    for (int i = 0; i < weights.length; i++) {
      factors[i] = (float) weights[i];
      negated[i] = -factors[i];
    }
    try (GradMode off = GradMode.off()) {
      torch.exp_(logs.handle());
      logs.mulInPlace(Tensors.of(negated, negated.length, 1));
      logs.handle()
          .scatter_add_(
              1, labels.unsqueeze(1).handle(), Tensors.of(factors, factors.length, 1).handle());
      return logs;
    }
  }
}
