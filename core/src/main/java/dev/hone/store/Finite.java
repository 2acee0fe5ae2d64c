package dev.hone.store;

import dev.hone.error.HoneException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Path;

/** No saved file holds a NaN. */
public final class Finite {
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private Finite() {}

  /**
   * Refuses a floating tensor that holds a NaN or an infinity.
   *
   * @param file that was to be written, for the message
   */
  public static void require(TensorEntry tensor, Path file) {
    long bad = firstBad(tensor);
    if (bad >= 0) {
      throw new HoneException(
          "refuse to write "
              + file
              + ": tensor '"
              + tensor.name()
              + "' holds a NaN or an infinity at element "
              + bad
              + "; keep the last good checkpoint, and lower the learning rate or look at the data");
    }
  }

  /** Index of the first NaN or infinity, or -1: an exponent whose bits are all set. */
  static long firstBad(TensorEntry tensor) {
    MemorySegment data = tensor.data();
    long n = tensor.elements();
    return switch (tensor.dtype()) {
      case F64 -> {
        for (long i = 0; i < n; i++) {
          if ((~data.get(LONG, i * 8) & 0x7FF0_0000_0000_0000L) == 0) {
            yield i;
          }
        }
        yield -1;
      }
      case F32 -> {
        for (long i = 0; i < n; i++) {
          if ((~data.get(INT, i * 4) & 0x7F80_0000) == 0) {
            yield i;
          }
        }
        yield -1;
      }
      case F16 -> firstBad16(data, n, 0x7C00);
      case BF16 -> firstBad16(data, n, 0x7F80);
      case F8_E4M3 -> firstBad8(data, n, 0x7F); // has no infinity, and this one NaN
      case F8_E5M2 -> firstBad8(data, n, 0x7C);
      case I64, I32, I16, I8, U8, BOOL -> -1;
    };
  }

  private static long firstBad16(MemorySegment data, long n, int exponent) {
    for (long i = 0; i < n; i++) {
      if ((~data.get(SHORT, i * 2) & exponent) == 0) {
        return i;
      }
    }
    return -1;
  }

  private static long firstBad8(MemorySegment data, long n, int exponent) {
    for (long i = 0; i < n; i++) {
      if ((~data.get(ValueLayout.JAVA_BYTE, i) & exponent) == 0) {
        return i;
      }
    }
    return -1;
  }
}
