package dev.hone.generate;

import dev.hone.error.HoneException;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Random;
import java.util.Set;

/** Chooses the next token from logits, in the order of steps that Transformers uses. */
final class Sampler {
  private final GenerationConfig config;
  private final Random random;

  Sampler(GenerationConfig config) {
    this.config = config;
    this.random = new Random(config.seed());
  }

  /**
   * @param logits V of them; changed in place
   * @param seen tokens of prompt and answer so far
   */
  int next(float[] logits, Set<Integer> seen) {
    for (float logit : logits) {
      requireNumber(logit);
    }
    if (config.repetitionPenalty() != 1) {
      for (int token : seen) {
        double penalty = config.repetitionPenalty();
        logits[token] =
            (float) (logits[token] > 0 ? logits[token] / penalty : logits[token] * penalty);
      }
    }
    return config.temperature() == 0 ? argmax(logits) : drawn(logits);
  }

  static void requireNumber(float logit) {
    if (Float.isNaN(logit)) {
      throw new HoneException(
          "the model's answer holds NaN; its weights or its adapter are damaged");
    }
  }

  private static int argmax(float[] logits) {
    int best = 0;
    for (int i = 1; i < logits.length; i++) {
      if (logits[i] > logits[best]) {
        best = i;
      }
    }
    return best;
  }

  private int drawn(float[] logits) {
    Integer[] order = new Integer[logits.length];
    Arrays.setAll(order, i -> i);
    Arrays.sort(order, Comparator.comparingDouble(i -> -logits[i]));
    int kept = config.topK() > 0 ? Math.min(config.topK(), order.length) : order.length;
    double[] weights = new double[kept];
    double sum = 0;
    for (int i = 0; i < kept; i++) {
      weights[i] = Math.exp((logits[order[i]] - logits[order[0]]) / config.temperature());
      sum += weights[i];
    }
    double nucleus = 0;
    int last = 0;
    while (last < kept && nucleus < config.topP() * sum) {
      nucleus += weights[last++];
    }
    double at = random.nextDouble() * nucleus;
    for (int i = 0; i < last; i++) {
      at -= weights[i];
      if (at < 0) {
        return order[i];
      }
    }
    return order[last - 1];
  }
}
