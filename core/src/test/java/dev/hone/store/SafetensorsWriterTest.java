package dev.hone.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.error.HoneException;
import dev.hone.tensor.DType;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SafetensorsWriterTest {
  @TempDir Path folder;

  private static TensorEntry bytes(String name, DType dtype, byte[] data) {
    return new TensorEntry(
        name, dtype, new long[] {data.length / dtype.bytes()}, MemorySegment.ofArray(data));
  }

  @Test
  void headerIsTheLibrarysTextPaddedToEight() throws IOException {
    Path file = folder.resolve("deep/er/x.safetensors");
    SafetensorsWriter.write(
        file,
        List.of(
            bytes("b", DType.F16, new byte[4]),
            bytes("a", DType.F16, new byte[2]),
            bytes("z", DType.I64, new byte[8])));
    byte[] all = Files.readAllBytes(file);
    int length = (int) ByteBuffer.wrap(all).order(ByteOrder.LITTLE_ENDIAN).getLong();
    assertEquals(0, length % 8);
    assertEquals(
        "{\"__metadata__\":{\"format\":\"pt\"},"
            + "\"z\":{\"dtype\":\"I64\",\"shape\":[1],\"data_offsets\":[0,8]},"
            + "\"a\":{\"dtype\":\"F16\",\"shape\":[1],\"data_offsets\":[8,10]},"
            + "\"b\":{\"dtype\":\"F16\",\"shape\":[2],\"data_offsets\":[10,14]}}",
        new String(all, 8, length, StandardCharsets.UTF_8).stripTrailing());
    assertEquals(8 + length + 14, all.length);
  }

  @ParameterizedTest
  @EnumSource(DType.class)
  void noNanOrInfinityIsWritten(DType dtype) throws IOException {
    Path file = folder.resolve("x.safetensors");
    SafetensorsWriter.write(file, List.of(bytes("w", dtype, new byte[32])));
    byte[] before = Files.readAllBytes(file);
    for (double value : new double[] {Double.NaN, Double.POSITIVE_INFINITY, -1 / 0.0}) {
      byte[] data = new byte[32];
      ByteBuffer buffer = ByteBuffer.wrap(data).order(ByteOrder.LITTLE_ENDIAN);
      int at = 16;
      switch (dtype) {
        case F64 -> buffer.putDouble(at, value);
        case F32 -> buffer.putFloat(at, (float) value);
        case F16 -> buffer.putShort(at, Float.floatToFloat16((float) value));
        case BF16 -> buffer.putShort(at, (short) (Float.floatToRawIntBits((float) value) >>> 16));
        default -> {
          Arrays.fill(data, (byte) 1);
          SafetensorsWriter.write(file, List.of(bytes("w", dtype, data)));
          return;
        }
      }
      String refusal =
          assertThrows(
                  HoneException.class,
                  () -> SafetensorsWriter.write(file, List.of(bytes("w", dtype, data))))
              .toString();
      assertTrue(refusal.contains("tensor 'w'"), refusal);
      assertTrue(refusal.contains("element " + at / dtype.bytes()), refusal);
    }
    assertEquals(
        new String(before, StandardCharsets.ISO_8859_1),
        Files.readString(file, StandardCharsets.ISO_8859_1));
  }

  @Test
  void largestFiniteValuesAreWritten() {
    float[] values = {Float.MAX_VALUE, -Float.MAX_VALUE, Float.MIN_VALUE, -0f};
    ByteBuffer data = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN);
    for (float value : values) {
      data.putFloat(value);
    }
    assertEquals(-1, Finite.firstBad(bytes("w", DType.F32, data.array())));
  }

  @Test
  void namesThatOccurTwiceAreRefused() {
    Path file = folder.resolve("x.safetensors");
    TensorEntry tensor = bytes("w", DType.U8, new byte[1]);
    assertThrows(HoneException.class, () -> SafetensorsWriter.write(file, List.of(tensor, tensor)));
    TensorEntry reserved = bytes("__metadata__", DType.U8, new byte[1]);
    assertThrows(
        HoneException.class, () -> SafetensorsWriter.write(file, List.of(reserved), Map.of()));
    assertFalse(Files.exists(file));
  }

  @Test
  void entriesWhoseDataDoNotFitTheShapeAreRefused() {
    assertThrows(
        IllegalArgumentException.class,
        () -> new TensorEntry("w", DType.F32, new long[] {2}, MemorySegment.ofArray(new byte[9])));
  }
}
