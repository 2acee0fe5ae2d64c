package dev.hone.tensor;

import java.util.Map;

/**
 * Numbers kept as BF16 or F16.
 *
 * @param values [R, C]
 */
public record Narrow(Tensor values) implements Packing {
  /** Rounds to the nearest; what is too large for F16 becomes infinite. */
  public static Narrow of(Tensor matrix, DType type) {
    return new Narrow(matrix.to(type));
  }

  @Override
  public long rows() {
    return values.size(0);
  }

  @Override
  public long columns() {
    return values.size(1);
  }

  @Override
  public Map<String, Tensor> parts() {
    return Map.of("values", values);
  }

  @Override
  public Tensor dense() {
    return values.to(DType.F32);
  }

  @Override
  public Tensor rows(Tensor index) {
    return values.indexSelect(0, index).to(DType.F32);
  }
}
