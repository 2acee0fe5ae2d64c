package dev.hone.tensor;

import org.bytedeco.pytorch.AutoGradMode;

/** Switches the recording of gradients in this thread, until closed. */
public final class GradMode implements AutoCloseable {
  private final AutoGradMode guard;

  private GradMode(boolean enabled) {
    Engine.start();
    guard = new AutoGradMode(enabled);
    guard.retainReference();
  }

  /** Nothing computed while this is open records gradients. */
  public static GradMode off() {
    return new GradMode(false);
  }

  /** Records gradients, also inside a region where they are off. */
  public static GradMode on() {
    return new GradMode(true);
  }

  static boolean isOn() {
    return org.bytedeco.pytorch.GradMode.is_enabled();
  }

  @Override
  public void close() {
    guard.deallocate();
  }
}
