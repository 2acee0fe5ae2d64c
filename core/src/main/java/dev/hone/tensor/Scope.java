package dev.hone.tensor;

import org.bytedeco.javacpp.PointerScope;

/**
 * Owns what is made while it is open, and frees it on close.
 *
 * <p>The one rule of native memory: every tensor belongs to the innermost scope that is open in its
 * thread when it is made; with none open, making one is an error. What must outlive the scope is
 * {@link Tensor#keep() kept}, and then closed by whoever kept it. A tensor used after its end
 * raises {@link IllegalStateException}.
 */
public final class Scope implements AutoCloseable {
  private final PointerScope pointers;

  private Scope() {
    Engine.start();
    pointers = new PointerScope();
  }

  public static Scope open() {
    return new Scope();
  }

  static boolean isOpen() {
    return PointerScope.getInnerScope() != null;
  }

  static void requireOpen() {
    if (!isOpen()) {
      throw new IllegalStateException("a tensor needs an open Scope in this thread to belong to");
    }
  }

  @Override
  public void close() {
    pointers.close();
  }
}
