package dev.hone.tensor;

import org.bytedeco.javacpp.Pointer;

/** Counts native objects, for tests in packages that must not know what counts them. */
public final class NativeMemory {
  private NativeMemory() {}

  /** Native objects that Java has made and not freed. */
  public static long objects() {
    return Pointer.totalCount();
  }
}
