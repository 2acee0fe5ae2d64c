package dev.hone.tensor;

import java.util.stream.Stream;

/**
 * Tells the engine's word for memory that ran out from its other errors, which are of one class.
 */
public final class OutOfMemory {
  /**
   * As libtorch's CPU allocator, its CUDA allocator and the CUDA driver, cuBLAS, and the C++
   * library say it.
   */
  private static final String[] WORDS = {
    "can't allocate memory", "out of memory", "CUBLAS_STATUS_ALLOC_FAILED", "std::bad_alloc"
  };

  private OutOfMemory() {}

  /** Whether an operation failed because its result, or what it needs besides, found no room. */
  public static boolean is(RuntimeException failure) {
    String message = String.valueOf(failure.getMessage());
    return failure.getClass() == RuntimeException.class
        && Stream.of(WORDS).anyMatch(message::contains);
  }
}
