package dev.hone.golden;

import dev.hone.tensor.Tensor;

/**
 * How far one quantity of a case is from the reference.
 *
 * @param quantity for example logits, gradients, train5.losses
 * @param detail the tensor or position where it is largest
 * @param size largest difference, in units of the tolerance: above 1 is a miss
 * @param absolute the same difference itself
 */
public record Difference(String quantity, String detail, double size, double absolute) {

  public boolean matches() {
    return size <= 1; // false for NaN
  }

  /** Largest absolute difference of two tensors, where {@code mask} (F32, 0 or 1) counts. */
  static double largest(Tensor a, Tensor b) {
    if (!java.util.Arrays.equals(a.shape(), b.shape())) {
      return Double.POSITIVE_INFINITY;
    }
    return a.numel() == 0 ? 0 : a.sub(b).abs().max().item();
  }

  static Difference within(String quantity, String detail, double absolute, double tolerance) {
    return new Difference(quantity, detail, absolute / tolerance, absolute);
  }

  Difference worse(Difference other) {
    return other.size > size || Double.isNaN(other.size) ? other : this;
  }
}
