package dev.hone.generate;

import dev.hone.error.HoneException;
import java.util.Arrays;
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
    long[] order = new long[logits.length]; // the likeliest first, of equals the first
    for (int i = 0; i < order.length; i++) {
      order[i] = ((long) falling(logits[i]) << Integer.SIZE) | i;
    }
    Arrays.sort(order);
    int kept = config.topK() > 0 ? Math.min(config.topK(), order.length) : order.length;
    double[] weights = new double[kept];
    double sum = 0;
    for (int i = 0; i < kept; i++) {
      weights[i] =
          Math.exp((logits[(int) order[i]] - logits[(int) order[0]]) / config.temperature());
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
        return (int) order[i];
      }
    }
    return (int) order[last - 1];
  }

  /** An integer that is the smaller, the larger the number is. */
  private static int falling(float number) {
    int bits = Float.floatToIntBits(number);
    return ~(bits ^ ((bits >> 31) & Integer.MAX_VALUE)); // negative ones count the other way
  }
}
