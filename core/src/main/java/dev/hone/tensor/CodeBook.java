package dev.hone.tensor;

import org.bytedeco.pytorch.global.torch;

/** Up to 256 numbers, any of which one byte names: the rounding of quantisation. */
final class CodeBook {
  private final float[] values;

  /**
   * @param values rising
   */
  CodeBook(float... values) {
    this.values = values.clone();
  }

  /**
   * The 255 numbers and one of a signed 8-bit float whose exponent is a run of zeros, so that what
   * it leaves is for the fraction (dynamic tree quantisation, arXiv:1511.04561): 10^-i times the
   * middles of equal steps between 0.1 and 1, twice as many steps for each power.
   */
  static CodeBook dynamic() {
    final int powers = 7;
    float[] values = new float[256];
    int n = 0;
    for (int i = 0; i < powers; i++) {
      int steps = 1 << i;
      double power = Math.pow(10, i - powers + 1.0);
      for (int step = 0; step < steps; step++) {
        float middle = (float) (power * (0.1 + 0.9 * (step + 0.5) / steps));
        values[n++] = middle;
        values[n++] = -middle;
      }
    }
    values[n++] = 0;
    values[n] = 1;
    java.util.Arrays.sort(values);
    return new CodeBook(values);
  }

  float value(int code) {
    return values[code];
  }

  /** The codes of the nearest numbers, as I32. */
  Tensor nearest(Tensor x) {
    float[] middles = new float[values.length - 1];
    for (int i = 0; i < middles.length; i++) {
      middles[i] = (values[i] + values[i + 1]) / 2;
    }
    Tensor boundaries = Tensors.of(middles, middles.length);
    return new Tensor(torch.bucketize(x.handle(), boundaries.handle(), true, false));
  }

  /** The numbers of some codes, U8 of any shape. */
  Tensor numbers(Tensor codes) {
    Tensor flat = Tensors.of(values, values.length).lookUp(codes);
    return flat.view(codes.shape());
  }
}
