package dev.hone.store;

import dev.hone.error.HoneException;
import dev.hone.error.Nearest;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A memory-mapped safetensors file (format: github.com/huggingface/safetensors).
 *
 * <p>The file is checked as a whole before anything of it is used. Tensors are views of the file:
 * opening costs no memory, and using one after {@link #close} throws an IllegalStateException.
 */
public final class Safetensors implements AutoCloseable {
  private static final long MAX_HEADER_BYTES = 100_000_000;
  private static final ValueLayout.OfLong LENGTH =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final Path file;
  private final Arena arena;
  private final Map<String, TensorEntry> tensors;
  private final Map<String, String> metadata;

  private Safetensors(
      Path file, Arena arena, Map<String, TensorEntry> tensors, Map<String, String> metadata) {
    this.file = file;
    this.arena = arena;
    this.tensors = tensors;
    this.metadata = metadata;
  }

  /**
   * Maps and checks a file.
   *
   * @throws HoneException where the file is missing, truncated or in any way not as the format says
   */
  public static Safetensors open(Path file) {
    if (!Files.isRegularFile(file)) {
      throw new HoneException(file + " does not exist or is no file");
    }
    Arena arena = Arena.ofShared();
    try (FileChannel channel = FileChannel.open(file)) {
      long size = channel.size();
      if (size < 8) {
        throw new HoneException(
            file
                + ": truncated: a safetensors file has at least 8 bytes, this one has "
                + size
                + "; download it again");
      }
      MemorySegment map = channel.map(FileChannel.MapMode.READ_ONLY, 0, size, arena);
      return read(file, map, arena);
    } catch (IOException e) {
      arena.close();
      throw new HoneException("cannot read " + file + ": " + e.getMessage(), e);
    } catch (RuntimeException e) {
      arena.close();
      throw e;
    }
  }

  private static Safetensors read(Path file, MemorySegment map, Arena arena) {
    long length = map.get(LENGTH, 0);
    if (length < 0 || length > MAX_HEADER_BYTES) {
      throw new HoneException(
          file
              + ": header length "
              + Long.toUnsignedString(length)
              + " is over the limit of 100 MB: this is no safetensors file");
    }
    if (length > map.byteSize() - 8) {
      throw new HoneException(
          String.format(
              "%s: truncated: header promises %d bytes, file has %d; download it again",
              file, length + 8, map.byteSize()));
    }
    byte[] json = map.asSlice(8, length).toArray(ValueLayout.JAVA_BYTE);
    MemorySegment data = map.asSlice(8 + length);
    SafetensorsHeader header = SafetensorsHeader.parse(file, json, data.byteSize());
    Map<String, TensorEntry> tensors = new LinkedHashMap<>();
    for (SafetensorsHeader.Span span : header.spans()) {
      MemorySegment bytes = data.asSlice(span.begin(), span.end() - span.begin());
      tensors.put(span.name(), new TensorEntry(span.name(), span.dtype(), span.shape(), bytes));
    }
    return new Safetensors(file, arena, tensors, header.metadata());
  }

  public Path file() {
    return file;
  }

  /** In the order of their data. */
  public List<String> names() {
    return List.copyOf(tensors.keySet());
  }

  /** Throws a HoneException where the file has no such tensor. */
  public TensorEntry get(String name) {
    TensorEntry tensor = tensors.get(name);
    if (tensor == null) {
      throw new HoneException(
          file + " has no tensor '" + name + "'" + Nearest.hint(name, tensors.keySet()));
    }
    return tensor;
  }

  public boolean contains(String name) {
    return tensors.containsKey(name);
  }

  public Map<String, String> metadata() {
    return metadata;
  }

  @Override
  public void close() {
    if (arena.scope().isAlive()) {
      arena.close();
    }
  }
}
