package dev.hone.tensor;

/**
 * In which type matrices are multiplied by the whole program, until closed: F32, or BF16 with the
 * mathematics of {@code torch.autocast} (mixed precision, arXiv:1710.03740, arXiv:1905.12322).
 *
 * <p>With BF16, linears and attention take their operands rounded, add up in F32 and give BF16;
 * what the way back needs of them is kept so, at half the memory. Norms, softmax, losses and sums
 * with a residual are F32 in any case, and so are the weights that train, their gradients and
 * moments.
 */
public final class Precision implements AutoCloseable {
  private static volatile DType type = DType.F32;

  private final DType before;

  private Precision(DType before) {
    this.before = before;
  }

  /**
   * Multiplies in this type from now on.
   *
   * @param wanted F32 or BF16
   */
  public static Precision of(DType wanted) {
    if (wanted != DType.F32 && wanted != DType.BF16) {
      throw new IllegalArgumentException("matrices are multiplied in F32 or BF16, not " + wanted);
    }
    Precision opened = new Precision(type);
    type = wanted;
    return opened;
  }

  /** F32 or BF16. */
  public static DType type() {
    return type;
  }

  /** The type that a product with {@code x} has. */
  static DType product(Tensor x) {
    return x.dtype() == DType.F32 ? type : x.dtype();
  }

  /**
   * An operand of a product of this type as the machine multiplies it: where BF16 would be
   * multiplied number by number, a hundred times slower, its rounded numbers are widened again.
   */
  static Tensor operand(Tensor x, DType product) {
    if (product != DType.BF16 || !x.dtype().isFloating()) {
      return x;
    }
    Tensor rounded = x.to(DType.BF16);
    return Engine.multipliesBf16(x.device()) ? rounded : rounded.to(DType.F32);
  }

  @Override
  public void close() {
    type = before;
  }
}
