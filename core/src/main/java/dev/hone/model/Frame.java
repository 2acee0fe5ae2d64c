package dev.hone.model;

import dev.hone.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * What all layers of one pass share.
 *
 * @param mask BOOL, broadcastable to [B, H, T, S], true where a position may look; null =
 *     everywhere
 * @param causal a position sees only itself and those before it; only where mask is null
 * @param angles for rotary positions, or null
 */
public record Frame(@Nullable Tensor mask, boolean causal, Rope.@Nullable Angles angles) {}
