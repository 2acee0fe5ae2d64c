package dev.hone.store;

import dev.hone.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * A named tensor in memory or in a mapped file.
 *
 * @param shape empty for a scalar
 * @param data elements in row-major order, little-endian, not necessarily aligned: read them with
 *     the UNALIGNED layouts. Of a mapped file, valid until the file is closed
 */
@SuppressWarnings("ArrayRecordComponent") // a shape is short, and read in inner loops
public record TensorEntry(String name, DType dtype, long[] shape, MemorySegment data) {
  public TensorEntry {
    long bytes = bytes(dtype, shape);
    if (bytes != data.byteSize()) {
      throw new IllegalArgumentException(
          String.format(
              "tensor '%s': %s %s takes %d bytes, data has %d",
              name, dtype, Arrays.toString(shape), bytes, data.byteSize()));
    }
  }

  public long elements() {
    return data.byteSize() / dtype.bytes();
  }

  /**
   * Bytes of a tensor.
   *
   * @throws ArithmeticException where they are more than a long holds
   */
  static long bytes(DType dtype, long[] shape) {
    long bytes = dtype.bytes();
    for (long size : shape) {
      if (size < 0) {
        throw new IllegalArgumentException("negative size in shape " + Arrays.toString(shape));
      }
      bytes = Math.multiplyExact(bytes, size);
    }
    return bytes;
  }
}
