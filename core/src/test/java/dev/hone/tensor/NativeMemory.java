package dev.hone.tensor;

import org.bytedeco.javacpp.Pointer;

/**
 * Counts native objects, for tests in packages that must not know what counts them. In the mode
 * {@code nopointergc} the count stays 0, and comparing it proves nothing: see the POM.
 */
public final class NativeMemory {
  static {
    Engine.start();
  }

  private NativeMemory() {}

  /** Whether the suite was started in the mode in which nothing is counted. */
  static boolean counts() {
    return !Boolean.getBoolean("hone.nopointergc");
  }

  /** Native objects that Java has made and not freed. */
  public static long objects() {
    return Pointer.totalCount();
  }
}
