package dev.hone.run;

import dev.hone.error.HoneException;
import dev.hone.store.Folders;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A folder that goes with whoever made it. */
public record ScratchFolder(Path path) implements AutoCloseable {
  public ScratchFolder() {
    this(made());
  }

  private static Path made() {
    try {
      return Files.createTempDirectory("hone-");
    } catch (IOException e) {
      throw new HoneException("cannot make a temporary folder: " + e.getMessage(), e);
    }
  }

  @Override
  public void close() {
    Folders.delete(path);
  }
}
