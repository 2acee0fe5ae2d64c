package dev.hone.run;

import dev.hone.config.Yaml;
import dev.hone.error.HoneException;
import dev.hone.recipe.Recipe;
import dev.hone.store.AtomicFiles;
import dev.hone.train.Checkpoints;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.stream.Stream;

/**
 * The folder of one run, {@code runs/NAME}, held by one process at a time.
 *
 * <p>A finished run is never touched: the next one of that name is NAME-2. An unfinished run of the
 * same recipe is taken up where it stopped. One that has not come to a checkpoint, for example
 * because its rows were refused, has nothing to lose and gives way to a mended recipe.
 */
public final class RunFolder implements AutoCloseable {
  private final Path path;
  private final boolean resumed;
  private final FileChannel channel;

  private RunFolder(Path path, boolean resumed, FileChannel channel) {
    this.path = path;
    this.resumed = resumed;
    this.channel = channel;
  }

  /** Opens the folder for a recipe and writes the resolved recipe into it. */
  public static RunFolder open(Recipe recipe) {
    String text = Yaml.write(recipe);
    try {
      Files.createDirectories(recipe.runs());
      for (int number = 1; ; number++) {
        Path path =
            recipe.runs().resolve(number == 1 ? recipe.name() : recipe.name() + "-" + number);
        if (Files.exists(path.resolve(RunResult.FILE))) {
          continue;
        }
        Files.createDirectories(path);
        FileChannel channel = locked(path);
        try {
          return new RunFolder(path, begun(path, text), channel);
        } catch (IOException | RuntimeException e) {
          channel.close();
          throw e;
        }
      }
    } catch (IOException e) {
      throw new HoneException("cannot write below " + recipe.runs() + ": " + e.getMessage(), e);
    }
  }

  private static FileChannel locked(Path path) throws IOException {
    FileChannel channel =
        FileChannel.open(
            path.resolve(".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try {
      FileLock lock = channel.tryLock();
      if (lock != null) {
        return channel;
      }
    } catch (OverlappingFileLockException e) {
      // another run of this process: refused like one of another process
    }
    channel.close();
    throw new HoneException(
        path
            + ": another run is writing into this folder; wait for it, or give this run a name of"
            + " its own (name=...)");
  }

  private static boolean begun(Path path, String recipe) throws IOException {
    Path file = path.resolve("recipe.yaml");
    boolean learned = learned(path);
    boolean same = Files.exists(file) && Files.readString(file).equals(recipe);
    if (!same && !learned) {
      clear(path);
      AtomicFiles.write(file, recipe);
      return false;
    }
    if (!same) {
      throw new HoneException(
          path
              + " holds an unfinished run of another recipe; finish it with 'hone train "
              + file
              + "', remove the folder, or give this run a name of its own (name=...)");
    }
    return learned;
  }

  /** Whether there is something to lose: a checkpoint of the run, or of one of its stages. */
  private static boolean learned(Path path) throws IOException {
    try (Stream<Path> entries = Files.list(path)) {
      return Stream.concat(Stream.of(path), entries)
          .anyMatch(own -> new Checkpoints(own.resolve("checkpoints")).lastStep() > 0);
    }
  }

  /** Removes everything but the lock. */
  private static void clear(Path path) throws IOException {
    try (Stream<Path> entries = Files.walk(path)) {
      for (Path entry : entries.sorted(Comparator.reverseOrder()).toList()) {
        if (!entry.equals(path) && !entry.equals(path.resolve(".lock"))) {
          Files.delete(entry);
        }
      }
    }
  }

  public Path path() {
    return path;
  }

  /** Whether an unfinished run is taken up. */
  public boolean resumed() {
    return resumed;
  }

  public Path file(String name) {
    return path.resolve(name);
  }

  @Override
  public void close() {
    try {
      channel.close(); // gives the lock back
    } catch (IOException e) {
      throw new HoneException("cannot close " + path + ": " + e.getMessage(), e);
    }
  }
}
