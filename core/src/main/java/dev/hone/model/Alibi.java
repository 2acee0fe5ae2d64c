package dev.hone.model;

import dev.hone.tensor.DType;
import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import org.jspecify.annotations.Nullable;

/**
 * Attention with linear biases (arXiv:2108.12409): a key's score rises with its position, by a
 * slope of each head's own. Only differences of positions matter, because a softmax follows.
 *
 * @param heads H
 * @param rounded biases rounded to BF16 and divided by {@code divisor}, as Falcon was trained
 * @param divisor of the biases
 */
public record Alibi(int heads, boolean rounded, double divisor) {

  /** Powers of one base, and where H is no power of two every second power of the next one's. */
  double[] slopes() {
    int whole = Integer.highestOneBit(heads);
    double[] slopes = new double[heads];
    for (int head = 0; head < heads; head++) {
      slopes[head] =
          head < whole
              ? Math.pow(2, -8.0 * (head + 1) / whole)
              : Math.pow(2, -4.0 * (2 * (head - whole) + 1) / whole);
    }
    return slopes;
  }

  /**
   * The biases with what may not be seen far below every score.
   *
   * @param positions of the keys, I64[B or 1, S]
   * @param mask BOOL, broadcastable to [B, H, T, S], or null where all may be seen
   * @return F32, broadcastable to [B, H, T, S]
   */
  Tensor bias(Tensor positions, @Nullable Tensor mask) {
    float[] numbers = new float[heads];
    double[] slopes = slopes();
    for (int head = 0; head < heads; head++) {
      numbers[head] = (float) slopes[head];
    }
    DType type = rounded ? DType.BF16 : DType.F32;
    Tensor bias =
        positions
            .to(type)
            .unsqueeze(1)
            .unsqueeze(1)
            .mul(Tensors.of(numbers, heads, 1, 1).to(type))
            .to(DType.F32); // [B, H, 1, S]
    if (divisor != 1) {
      bias = bias.mul(1 / divisor);
    }
    return mask == null ? bias : bias.maskedFill(mask.eq(0), Masks.FAR);
  }
}
