package dev.hone.store;

import dev.hone.error.HoneException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;

/** Whole folders at once. */
public final class Folders {
  private Folders() {}

  /**
   * Removes a folder with all that is in it, where there is one.
   *
   * @throws HoneException when something of it stays
   */
  public static void delete(Path folder) {
    if (!Files.exists(folder)) {
      return;
    }
    try (Stream<Path> entries = Files.walk(folder)) {
      for (Path entry : entries.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(entry);
      }
    } catch (IOException e) {
      throw new HoneException("cannot remove " + folder + ": " + e.getMessage(), e);
    }
  }
}
