package dev.hone.model;

import org.jspecify.annotations.Nullable;

/**
 * What some layers of a stack share: how far their positions see, and how they know where they are.
 * A stack lists its kinds; a layer's attention names its own by index.
 *
 * @param window null where nothing but the stack's direction limits the view
 * @param rope rotary positions, or null
 * @param alibi biases by distance, or null
 */
public record LayerKind(@Nullable Window window, @Nullable Rope rope, @Nullable Alibi alibi) {
  /** Sees everything that the stack's direction allows, with positions from elsewhere. */
  public static final LayerKind PLAIN = new LayerKind(null, null, null);

  public static LayerKind rotary(@Nullable Window window, @Nullable Rope rope) {
    return new LayerKind(window, rope, null);
  }
}
