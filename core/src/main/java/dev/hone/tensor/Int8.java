package dev.hone.tensor;

import java.util.Map;

/**
 * Whole numbers from -127 to 127, each row times a scale of its own.
 *
 * @param codes I8 [R, C]
 * @param scales F32 [R, 1]
 */
public record Int8(Tensor codes, Tensor scales) implements Packing {
  private static final double LARGEST = 127;

  public Int8 {
    if (codes.rank() != 2 || scales.numel() != codes.size(0)) {
      throw Shapes.mismatch("int8", "codes [R, C] and scales [R, 1]", codes, scales);
    }
  }

  /** A row's scale is its largest absolute number / 127; a number moves by half a scale at most. */
  public static Int8 of(Tensor matrix) {
    Tensor largest = new Tensor(matrix.abs().handle().amax(new long[] {1}, true));
    Tensor scales = largest.mul(1 / LARGEST);
    // A row of zeros has no scale to divide by.
    Tensor divisor = scales.add(Float.MIN_NORMAL);
    Tensor codes = new Tensor(matrix.div(divisor).handle().round_());
    return new Int8(codes.to(DType.I8), scales);
  }

  @Override
  public long rows() {
    return codes.size(0);
  }

  @Override
  public long columns() {
    return codes.size(1);
  }

  @Override
  public Map<String, Tensor> parts() {
    return Map.of("codes", codes, "scales", scales);
  }

  @Override
  public Tensor dense() {
    return scaled(codes, scales);
  }

  @Override
  public Tensor rows(Tensor index) {
    return scaled(codes.indexSelect(0, index), scales.indexSelect(0, index));
  }

  private static Tensor scaled(Tensor codes, Tensor scales) {
    Tensor numbers = codes.to(DType.F32);
    numbers.mulInPlace(scales);
    return numbers;
  }
}
