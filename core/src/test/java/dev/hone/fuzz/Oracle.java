package dev.hone.fuzz;

import com.sun.management.ThreadMXBean;
import dev.hone.error.HoneException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What must hold whatever a file says: it works or is refused in one line that names it, and costs
 * no more memory than a small file may.
 */
public final class Oracle {
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  /** Parsing, patterns and a model of a few kilobytes; far below what a forged size asks for. */
  private static final long MOST_BYTES = 64L << 20;

  private Oracle() {}

  /** A folder in memory, where there is one, that goes when the process ends. */
  public static Path folder(String name) {
    Path memory = Path.of("/dev/shm");
    try {
      Path folder =
          Files.isWritable(memory)
              ? Files.createTempDirectory(memory, "hone-" + name)
              : Files.createTempDirectory("hone-" + name);
      Runtime.getRuntime().addShutdownHook(new Thread(() -> delete(folder)));
      return folder;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void delete(Path folder) {
    try (var all = Files.walk(folder)) {
      all.sorted(java.util.Comparator.reverseOrder()).forEach(p -> p.toFile().delete());
    } catch (IOException e) {
      // left to whoever cleans the temporary files
    }
  }

  public static void write(Path file, byte[] content) {
    try {
      Files.write(file, content);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Returns whether it worked; throws where it was refused badly.
   *
   * @param body must do the same when it is run again
   */
  public static boolean holds(Runnable body) {
    long[] used = new long[1];
    boolean worked = measured(body, used);
    // What the first time takes may be the loading of classes.
    if (used[0] > MOST_BYTES && measured(body, used) == worked && used[0] > MOST_BYTES) {
      throw new AssertionError(used[0] + " bytes were allocated");
    }
    return worked;
  }

  private static boolean measured(Runnable body, long[] used) {
    long before = THREADS.getCurrentThreadAllocatedBytes();
    boolean worked = true;
    try {
      body.run();
    } catch (HoneException e) {
      worked = false;
      String message = String.valueOf(e.getMessage());
      if (message.isBlank() || message.strip().lines().count() != 1) {
        throw new AssertionError("not one line: " + message, e);
      }
    }
    used[0] = THREADS.getCurrentThreadAllocatedBytes() - before;
    return worked;
  }
}
