package dev.hone.model;

import com.fasterxml.jackson.annotation.JsonValue;
import dev.hone.tensor.DType;
import dev.hone.tensor.Int8;
import dev.hone.tensor.Narrow;
import dev.hone.tensor.Nf4;
import dev.hone.tensor.Packing;
import dev.hone.tensor.Tensor;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * How the matrices of a frozen model are kept in memory. A matrix is brought to the type of its
 * products for each of them, see {@link dev.hone.tensor.Precision}. Vectors (norms, biases) and a
 * new head are always F32.
 */
public enum Storage {
  /**
   * FLOAT32 where that fits well into the machine's memory, otherwise BF16 and F16 as the file has
   * them; BF16 also where it is multiplied so. The numbers are the same.
   */
  AUTO,
  FLOAT32,
  BFLOAT16,
  FLOAT16,
  /** One byte, and one scale a row. */
  INT8,
  /** Half a byte (arXiv:2305.14314). */
  NF4;

  /** The type that this asks for where it is one of the engine's, or null. */
  @Nullable DType dtype() {
    return switch (this) {
      case FLOAT32 -> DType.F32;
      case BFLOAT16 -> DType.BF16;
      case FLOAT16 -> DType.F16;
      case AUTO, INT8, NF4 -> null;
    };
  }

  /** Whether a matrix takes work to bring into this form, which is then kept in a file. */
  public boolean isQuantised() {
    return this == INT8 || this == NF4;
  }

  /** Whether numbers are rounded: the model computes something else than its file says. */
  public boolean rounds() {
    return this != AUTO && this != FLOAT32;
  }

  /** As recipes and hone.json write it. */
  @JsonValue
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * A matrix in this form, in the open scope.
   *
   * @param matrix F32 [R, C]
   */
  Packing pack(Tensor matrix) {
    return switch (this) {
      case BFLOAT16 -> Narrow.of(matrix, DType.BF16);
      case FLOAT16 -> Narrow.of(matrix, DType.F16);
      case INT8 -> Int8.of(matrix);
      case NF4 -> Nf4.of(matrix);
      case AUTO, FLOAT32 -> throw new IllegalStateException(this + " packs nothing");
    };
  }

  /** About the bytes that a parameter of a matrix takes, for estimates. */
  public double bytesEach() {
    return switch (this) {
      case AUTO, FLOAT32 -> 4;
      case BFLOAT16, FLOAT16 -> 2;
      case INT8 -> 1;
      case NF4 -> 0.5 + 1.0 / 64 + 4.0 / (64 * 256);
    };
  }
}
