package dev.hone.store;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.error.HoneException;
import dev.hone.tensor.DType;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SafetensorsTest {
  private static final String GOOD =
      "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},"
          + "\"b\":{\"dtype\":\"U8\",\"shape\":[],\"data_offsets\":[8,9]}}";

  @TempDir Path folder;

  /** A file by hand: length, header, data. */
  private Path file(String header, int dataBytes) throws IOException {
    byte[] json = header.getBytes(StandardCharsets.UTF_8);
    return bytes(json.length, json, dataBytes);
  }

  private Path bytes(long length, byte[] json, int dataBytes) throws IOException {
    ByteBuffer all =
        ByteBuffer.allocate(8 + json.length + dataBytes).order(ByteOrder.LITTLE_ENDIAN);
    all.putLong(length).put(json);
    return Files.write(folder.resolve("x.safetensors"), all.array());
  }

  private static String refusal(Path file) {
    return assertThrows(HoneException.class, () -> Safetensors.open(file)).toString();
  }

  static TensorEntry random(String name, DType dtype, Random random, long... shape) {
    byte[] data = new byte[Math.toIntExact(TensorEntry.bytes(dtype, shape))];
    random.nextBytes(data);
    if (dtype.isFloating()) { // a sign and an exponent that is no NaN's
      for (int i = dtype.bytes() - 1; i < data.length; i += dtype.bytes()) {
        data[i] &= (byte) 0xBF;
      }
    }
    return new TensorEntry(name, dtype, shape, MemorySegment.ofArray(data));
  }

  @Test
  void everyDtypeAndShapeComesBackBitForBit() throws IOException {
    Random random = new Random(1);
    for (int round = 0; round < 30; round++) {
      List<TensorEntry> tensors = new ArrayList<>();
      for (DType dtype : DType.values()) {
        for (int i = random.nextInt(4); i >= 0; i--) {
          long[] shape = random.longs(random.nextInt(4), 0, 5).toArray();
          tensors.add(random("t." + dtype + "." + i + ".é\"", dtype, random, shape));
        }
      }
      Collections.shuffle(tensors, random);
      Path file = folder.resolve("r.safetensors");
      SafetensorsWriter.write(file, tensors, Map.of("format", "pt", "note", "x\ny"));
      try (Safetensors read = Safetensors.open(file)) {
        assertEquals(tensors.size(), read.names().size());
        assertEquals(Map.of("format", "pt", "note", "x\ny"), read.metadata());
        for (TensorEntry tensor : tensors) {
          TensorEntry back = read.get(tensor.name());
          assertEquals(tensor.dtype(), back.dtype());
          assertArrayEquals(tensor.shape(), back.shape());
          assertEquals(-1, tensor.data().mismatch(back.data()));
          assertEquals(0, back.data().address() % back.dtype().bytes(), "aligned");
        }
      }
    }
  }

  @Test
  void aFileByHandIsRead() throws IOException {
    try (Safetensors read = Safetensors.open(file(GOOD + "   ", 9))) {
      assertEquals(List.of("a", "b"), read.names());
      assertEquals(1, read.get("b").elements());
      String refusal = assertThrows(HoneException.class, () -> read.get("aa")).toString();
      assertTrue(refusal.contains("did you mean 'a'"), refusal);
    }
  }

  @Test
  void nothingIsReadAfterClose() throws IOException {
    Safetensors read = Safetensors.open(file(GOOD, 9));
    MemorySegment data = read.get("a").data();
    read.close();
    read.close();
    assertThrows(IllegalStateException.class, () -> data.get(ValueLayout.JAVA_BYTE, 0));
  }

  @Test
  void aFileOverTwoGibibytesIsMapped() throws IOException {
    long size = 3L << 30;
    byte[] json =
        ("{\"w\":{\"dtype\":\"U8\",\"shape\":[" + size + "],\"data_offsets\":[0," + size + "]}}")
            .getBytes(StandardCharsets.UTF_8);
    Path file = bytes(json.length, json, 0);
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.write(
          ByteBuffer.wrap(new byte[] {42}), 8 + json.length + size - 1); // the rest is a hole
    }
    try (Safetensors read = Safetensors.open(file)) {
      assertEquals(42, read.get("w").data().get(ValueLayout.JAVA_BYTE, size - 1));
    }
  }

  @Test
  void wrongLengthsAreRefused() throws IOException {
    byte[] json = GOOD.getBytes(StandardCharsets.UTF_8);
    assertTrue(refusal(folder.resolve("none")).contains("does not exist"));
    assertTrue(refusal(Files.write(folder.resolve("s"), new byte[7])).contains("at least 8 bytes"));
    assertTrue(refusal(bytes(-1, json, 9)).contains("limit of 100 MB"));
    assertTrue(refusal(bytes(100_000_001, json, 9)).contains("limit of 100 MB"));
    String truncated = refusal(bytes(json.length + 10, json, 9));
    assertTrue(
        truncated.contains(
            "truncated: header promises "
                + (json.length + 18)
                + " bytes, file has "
                + (json.length + 17)),
        truncated);
    assertTrue(refusal(file(GOOD, 8)).contains("tensor 'b' ends at data byte 9, file has 8"));
    assertTrue(refusal(file(GOOD, 12)).contains("3 bytes behind the last tensor"));
    assertTrue(refusal(bytes(0, new byte[0], 0)).contains("does not begin with '{'"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]} | Duplicate",
        "\"a\":{\"dtype\":\"F4\",\"shape\":[8],\"data_offsets\":[0,8]} | tensor 'a' has dtype \"F4\"",
        "\"a\":{\"dtype\":7,\"shape\":[8],\"data_offsets\":[0,8]} | dtype 7",
        "\"a\":{\"dtype\":\"F32\",\"shape\":[-2],\"data_offsets\":[0,8]} | non-negative",
        "\"a\":{\"dtype\":\"F32\",\"shape\":[2.0],\"data_offsets\":[0,8]} | non-negative",
        "\"a\":{\"dtype\":\"F32\",\"shape\":2,\"data_offsets\":[0,8]} | not a list",
        "\"a\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904,4],\"data_offsets\":[0,8]} | overflows",
        "\"a\":{\"dtype\":\"F32\",\"shape\":[99999999999999999999],\"data_offsets\":[0,8]} | non-negative",
        "\"a\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,8]} | takes 12 bytes, data_offsets give 8",
        "\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,0]} | not [begin, end]",
        "\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8,9]} | not [begin, end]",
        "\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,16]} | truncated",
        "\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]} | a hole",
        "\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]} | an overlap",
        "\"a\":{\"dtype\":\"F32\",\"shape\":[2]} | expected the keys",
        "\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8],\"x\":1} | expected the keys",
        "\"a\":[] | expected the keys",
        "\"__metadata__\":{\"n\":1} | key 'n' is not a string",
        "\"__metadata__\":\"pt\" | not an object of strings",
        "\"a\": | not valid JSON",
        "} {\"a\":1 | not valid JSON",
      })
  void wrongHeadersAreRefused(String inner, String expected) throws IOException {
    String refusal = refusal(file("{" + inner + "}", 8));
    assertTrue(refusal.contains(expected), refusal);
    assertTrue(refusal.contains("x.safetensors"), refusal);
    assertFalse(refusal.contains("\n"), refusal);
  }

  @Test
  void mutatedHeadersAreRefusedOrRead() throws IOException {
    Random random = new Random(7);
    Path file = folder.resolve("m.safetensors");
    List<TensorEntry> tensors =
        List.of(
            random("layer.weight", DType.F32, random, 3, 4),
            random("layer.bias", DType.BF16, random, 4),
            random("ids", DType.I64, random, 2));
    SafetensorsWriter.write(file, tensors);
    byte[] good = Files.readAllBytes(file);
    int header = (int) ByteBuffer.wrap(good).order(ByteOrder.LITTLE_ENDIAN).getLong();
    String letters = "0123456789-[]{}\",:.eE \\\0abF";
    int refused = 0;
    for (int round = 0; round < 2000; round++) {
      byte[] bad = good.clone();
      for (int n = random.nextInt(3); n >= 0; n--) {
        int at = random.nextInt(8 + header);
        bad[at] =
            random.nextBoolean()
                ? (byte) letters.charAt(random.nextInt(letters.length()))
                : (byte) random.nextInt(256);
      }
      if (random.nextInt(10) == 0) {
        bad = Arrays.copyOf(bad, random.nextInt(bad.length));
      }
      Files.write(file, bad);
      try (Safetensors read = Safetensors.open(file)) {
        for (String name : read.names()) {
          read.get(name).data().toArray(ValueLayout.JAVA_BYTE);
        }
      } catch (HoneException e) {
        refused++;
      }
    }
    assertTrue(refused > 1000 && refused < 2000, "refused " + refused);
  }

  @Test
  void goldenFilesAreRewrittenByteForByte() throws IOException {
    Path golden = Path.of(System.getProperty("hone.root")).resolve("../shared/golden");
    Assumptions.assumeTrue(Files.isDirectory(golden), golden + " is not here");
    List<Path> files;
    try (Stream<Path> walk = Files.walk(golden)) {
      files = walk.filter(f -> f.toString().endsWith(".safetensors")).sorted().toList();
    }
    assertTrue(files.size() > 50);
    Path copy = folder.resolve("copy.safetensors");
    for (Path file : files) {
      try (Safetensors read = Safetensors.open(file)) {
        List<TensorEntry> tensors = new ArrayList<>();
        read.names().forEach(name -> tensors.add(read.get(name)));
        Collections.shuffle(tensors, new Random(3));
        SafetensorsWriter.write(copy, tensors, read.metadata());
      }
      assertEquals(-1, Files.mismatch(file, copy), file.toString());
    }
  }
}
