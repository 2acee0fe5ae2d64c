package dev.hone.store;

import dev.hone.error.HoneException;
import dev.hone.tensor.DType;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Writes safetensors files byte for byte as the reference library does, and whole or not at all.
 */
public final class SafetensorsWriter {
  /** What PyTorch's readers expect in the metadata. */
  public static final Map<String, String> PYTORCH = Map.of("format", "pt");

  /** Widest first, then as the library's own list has them: this keeps every tensor aligned. */
  private static final List<DType> ORDER =
      List.of(
          DType.I64,
          DType.F64,
          DType.F32,
          DType.I32,
          DType.BF16,
          DType.F16,
          DType.I16,
          DType.I8,
          DType.U8,
          DType.F8_E4M3,
          DType.F8_E5M2,
          DType.BOOL);

  private static final Comparator<TensorEntry> LIBRARY_ORDER =
      Comparator.<TensorEntry>comparingInt(t -> ORDER.indexOf(t.dtype()))
          .thenComparing(t -> t.name().getBytes(StandardCharsets.UTF_8), Arrays::compareUnsigned);

  private static final int CHUNK = 1 << 20;

  private SafetensorsWriter() {}

  /** Writes tensors with the metadata of PyTorch. */
  public static void write(Path file, List<TensorEntry> tensors) {
    write(file, tensors, PYTORCH);
  }

  /**
   * Writes tensors, in any order given.
   *
   * @param metadata written as it is; none at all where it is empty
   * @throws HoneException where a floating tensor holds a NaN or an infinity, a name occurs twice,
   *     or the file cannot be written; an old file is then untouched
   */
  public static void write(Path file, List<TensorEntry> tensors, Map<String, String> metadata) {
    List<TensorEntry> sorted = new ArrayList<>(tensors);
    sorted.sort(LIBRARY_ORDER);
    Set<String> names = new HashSet<>(Set.of("__metadata__"));
    for (TensorEntry tensor : sorted) {
      if (!names.add(tensor.name())) {
        throw new HoneException(
            "cannot write " + file + ": the tensor name '" + tensor.name() + "' is taken");
      }
    }
    for (TensorEntry tensor : sorted) {
      Finite.require(tensor, file);
    }
    byte[] header = header(sorted, metadata);
    long bytes = 8L + header.length;
    for (TensorEntry tensor : sorted) {
      bytes += tensor.data().byteSize();
    }
    AtomicFiles.write(
        file,
        bytes,
        out -> {
          out.write(
              ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(header.length).array());
          out.write(header);
          byte[] chunk = new byte[CHUNK];
          for (TensorEntry tensor : sorted) {
            copy(tensor.data(), chunk, out);
          }
        });
  }

  private static byte[] header(List<TensorEntry> sorted, Map<String, String> metadata) {
    ObjectNode root = Json.MAPPER.createObjectNode();
    if (!metadata.isEmpty()) {
      ObjectNode strings = root.putObject("__metadata__");
      new TreeMap<>(metadata).forEach(strings::put);
    }
    long at = 0;
    for (TensorEntry tensor : sorted) {
      ObjectNode entry = root.putObject(tensor.name());
      entry.put("dtype", tensor.dtype().name());
      ArrayNode shape = entry.putArray("shape");
      for (long size : tensor.shape()) {
        shape.add(size);
      }
      entry.putArray("data_offsets").add(at).add(at + tensor.data().byteSize());
      at += tensor.data().byteSize();
    }
    byte[] json = Json.MAPPER.writeValueAsBytes(root);
    byte[] padded = Arrays.copyOf(json, Math.ceilDiv(json.length, 8) * 8);
    Arrays.fill(padded, json.length, padded.length, (byte) ' ');
    return padded;
  }

  private static void copy(MemorySegment data, byte[] chunk, OutputStream out) throws IOException {
    MemorySegment buffer = MemorySegment.ofArray(chunk);
    for (long at = 0; at < data.byteSize(); at += chunk.length) {
      int n = (int) Math.min(chunk.length, data.byteSize() - at);
      MemorySegment.copy(data, at, buffer, 0, n);
      out.write(chunk, 0, n);
    }
  }
}
