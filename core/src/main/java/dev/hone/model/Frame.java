package dev.hone.model;

import dev.hone.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * What all layers of one pass share.
 *
 * <p>Two of these may carry a gradient, which every layer adds to: a float mask where a table of
 * relative positions trains, and the memory where the encoder trains. A backward pass that is cut
 * between layers must cut these too, and carry their gradients on after the lowest layer.
 *
 * @param mask BOOL, broadcastable to [B, H, T, S], true where a position may look, or F32, added to
 *     the scores; null = everywhere
 * @param causal a position sees only itself and those before it; only where mask is null
 * @param angles for rotary positions, or null
 * @param memory what a decoder sees of its encoder, or null
 */
public record Frame(
    @Nullable Tensor mask, boolean causal, Rope.@Nullable Angles angles, @Nullable Memory memory) {

  public Frame(@Nullable Tensor mask, boolean causal, Rope.@Nullable Angles angles) {
    this(mask, causal, angles, null);
  }

  Frame seeing(Memory source) {
    return new Frame(mask, causal, angles, source);
  }
}
