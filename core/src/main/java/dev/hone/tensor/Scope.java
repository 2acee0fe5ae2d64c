package dev.hone.tensor;

import java.util.function.Supplier;
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

  /**
   * Makes one tensor in a scope of its own: what was made on the way is freed, and the result
   * belongs to the scope around. What a backward pass will need of the rest, the engine keeps.
   */
  public static Tensor only(Supplier<Tensor> made) {
    requireOpen();
    PointerScope around = PointerScope.getInnerScope();
    try (Scope scope = open()) {
      Tensor result = made.get();
      around.attach(result.handle());
      scope.pointers.detach(result.handle());
      return result;
    }
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
