package dev.hone.store;

import dev.hone.error.HoneException;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Locale;

/**
 * Files that are there as a whole or not at all, whatever happens while they are written.
 *
 * <p>Written beside, forced to disk, renamed; then the folder is forced to disk, so that the new
 * name outlives a power cut.
 */
public final class AtomicFiles {
  /** Writes a file's content. */
  @FunctionalInterface
  public interface Body {
    void writeTo(OutputStream out) throws IOException;
  }

  private AtomicFiles() {}

  /**
   * Writes or replaces a file; folders above it are made.
   *
   * @throws HoneException where it cannot be written; the old file is then untouched
   */
  public static void write(Path file, Body body) {
    write(file, -1, body);
  }

  public static void write(Path file, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    write(file, bytes.length, out -> out.write(bytes));
  }

  /**
   * Like {@link #write(Path, Body)}.
   *
   * @param bytes size of the file for the message about a full disk, or -1 where it is not known
   */
  public static void write(Path file, long bytes, Body body) {
    Path target = file.toAbsolutePath();
    Path folder = target.resolveSibling("");
    // The process id keeps two runs that write the same file out of each other's way.
    Path beside =
        target.resolveSibling(
            "."
                + target.getFileName()
                + "."
                + ProcessHandle.current().pid()
                + "-"
                + Thread.currentThread().threadId()
                + ".tmp");
    try {
      Files.createDirectories(folder);
      try {
        writeAndForce(beside, body);
        Files.move(
            beside, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      } finally {
        Files.deleteIfExists(beside);
      }
    } catch (IOException e) {
      throw refusal(file, bytes, e);
    }
    forceFolder(folder);
  }

  private static void writeAndForce(Path beside, Body body) throws IOException {
    try (FileChannel channel =
        FileChannel.open(
            beside,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE)) {
      OutputStream out = new BufferedOutputStream(Channels.newOutputStream(channel), 1 << 16);
      body.writeTo(out);
      out.flush();
      channel.force(true);
    }
  }

  private static void forceFolder(Path folder) {
    try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
    } catch (IOException e) {
      // Windows opens no folders; the file itself is on disk, and renamed.
    }
  }

  private static HoneException refusal(Path file, long bytes, IOException e) {
    String reason = String.valueOf(e.getMessage());
    String lower = reason.toLowerCase(Locale.ROOT);
    if (lower.contains("no space left")
        || lower.contains("not enough space")
        || lower.contains("quota exceeded")) {
      String needs =
          bytes < 0 ? "" : " (needs " + Math.max(1, Math.ceilDiv(bytes, 1_000_000L)) + " MB)";
      return new HoneException(
          "no space left on device while writing "
              + file
              + needs
              + "; free some space or choose another folder",
          e);
    }
    return new HoneException(
        "cannot write " + file + ": " + e.getClass().getSimpleName() + " " + reason, e);
  }
}
