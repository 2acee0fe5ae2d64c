package dev.hone.train;

import dev.hone.error.HoneException;
import dev.hone.tensor.DType;
import dev.hone.tensor.Scope;
import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/**
 * F32 tensors whose numbers lie in a file and are in memory only while they are looked at. The file
 * is scratch: it ends with this object, and what is to last is copied from it.
 */
final class DiskTensors implements AutoCloseable {
  private final Path file;
  private final FileChannel channel;
  private final Arena arena = Arena.ofShared();
  private final List<MemorySegment> segments = new ArrayList<>();

  DiskTensors(Path file) {
    this.file = file;
    try {
      Files.createDirectories(file.toAbsolutePath().getParent());
      channel =
          FileChannel.open(
              file,
              StandardOpenOption.CREATE,
              StandardOpenOption.TRUNCATE_EXISTING,
              StandardOpenOption.READ,
              StandardOpenOption.WRITE);
    } catch (IOException e) {
      throw new HoneException("cannot write " + file + ": " + e.getMessage(), e);
    }
  }

  /** A new tensor of zeros, kept by the caller, and closed before this is. */
  Tensor zeros(long... shape) {
    long elements = 1;
    for (long size : shape) {
      elements *= size;
    }
    try (Scope scope = Scope.open()) {
      // A file that is made longer reads as zeros, and takes no room until something is written.
      long bytes = Math.max(1, elements * DType.F32.bytes());
      MemorySegment segment =
          channel.map(FileChannel.MapMode.READ_WRITE, channel.size(), bytes, arena);
      segments.add(segment);
      return Tensors.over(segment, DType.F32, shape).keep();
    } catch (IOException e) {
      throw new HoneException(
          "cannot write " + file + ": " + e.getMessage() + "; is the disk full?", e);
    }
  }

  /** Lets the system take the memory of tensors that were looked at; their numbers stay. */
  void unload() {
    segments.forEach(MemorySegment::unload);
  }

  @Override
  public void close() {
    arena.close();
    try {
      channel.close();
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw new HoneException("cannot remove " + file + ": " + e.getMessage(), e);
    }
  }
}
