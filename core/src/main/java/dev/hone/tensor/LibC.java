package dev.hone.tensor;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;

/** The few functions of the C library that have no counterpart in Java. */
final class LibC {
  // Parameters of glibc's mallopt.
  private static final int TRIM_THRESHOLD = -1;
  private static final int TOP_PAD = -2;
  private static final int MMAP_THRESHOLD = -3;

  private static final int LARGEST_KEPT = 1 << 25;

  private LibC() {}

  /** Sets a variable of this process's environment that is not set yet. */
  static void setenv(String name, String value) {
    if (System.getenv(name) != null) {
      return;
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment key = arena.allocateFrom(name);
      MemorySegment text = arena.allocateFrom(value);
      call("setenv", FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, JAVA_INT), key, text, 0);
    }
  }

  /**
   * Lets the allocator keep what tensors free. By default it gives every large buffer back to the
   * kernel and gets it again, page by page and zeroed, a moment later: a fifth of a training step.
   * The launcher adds MALLOC_ARENA_MAX=1, without which only the first thread's heap can grow so.
   *
   * <p>The few that are larger still, such as the gradient of a token table, do go back: the gaps
   * that they would leave are filled by nothing else, a twentieth of a step's memory.
   */
  static void keepFreedMemory() {
    FunctionDescriptor mallopt = FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT);
    call("mallopt", mallopt, MMAP_THRESHOLD, LARGEST_KEPT);
    call("mallopt", mallopt, TRIM_THRESHOLD, Integer.MAX_VALUE);
    call("mallopt", mallopt, TOP_PAD, 1 << 26);
  }

  /** Gives what tensors have freed back to the system. */
  static void giveBack() {
    call("malloc_trim", FunctionDescriptor.of(JAVA_INT, JAVA_LONG), 0L);
  }

  /** Calls a function, where this system has it. */
  private static void call(String name, FunctionDescriptor type, Object... arguments) {
    Linker linker = Linker.nativeLinker();
    linker
        .defaultLookup()
        .find(name)
        .ifPresent(
            function -> {
              try {
                Object ignored =
                    linker.downcallHandle(function, type).invokeWithArguments(arguments);
              } catch (Throwable e) {
                throw new IllegalStateException(name, e);
              }
            });
  }
}
