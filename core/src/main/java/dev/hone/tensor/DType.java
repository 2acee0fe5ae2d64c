package dev.hone.tensor;

/** Element types, under their names in safetensors headers. */
public enum DType {
  F64(8),
  F32(4),
  F16(2),
  BF16(2),
  F8_E4M3(1),
  F8_E5M2(1),
  I64(8),
  I32(4),
  I16(2),
  I8(1),
  U8(1),
  BOOL(1);

  private final int bytes;

  DType(int bytes) {
    this.bytes = bytes;
  }

  /** Size of one element in bytes. */
  public int bytes() {
    return bytes;
  }

  /** Eight bits, most often with a scale beside them (arXiv:2209.05433). */
  public boolean isF8() {
    return this == F8_E4M3 || this == F8_E5M2;
  }

  public boolean isFloating() {
    return this == F64 || this == F32 || this == F16 || this == BF16 || isF8();
  }
}
