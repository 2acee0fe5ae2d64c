package dev.hone.config;

import dev.hone.error.HoneException;
import java.nio.file.Path;

/**
 * Where a value was written: a line of the recipe, or an override of the command line.
 *
 * @param label what a message starts with, for example {@code recipes/x.yaml:12}
 * @param folder relative paths written here are meant relative to this folder
 */
record Origin(String label, Path folder) {
  private static final int SHOWN = 60;

  HoneException refuse(String message) {
    return new HoneException(label + ": " + message);
  }

  HoneException refuse(String message, Throwable cause) {
    return new HoneException(label + ": " + message, cause);
  }

  /** The value as a message shows it: quoted, short, on one line. */
  static String shown(String text) {
    String line = text.replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t");
    return '"' + (line.length() > SHOWN ? line.substring(0, SHOWN) + "..." : line) + '"';
  }
}
