package dev.hone.model;

import dev.hone.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * What an encoder leaves for the decoder to look at.
 *
 * @param hidden [B, S, C]; has a gradient where the encoder trains
 * @param mask BOOL[B, 1, 1, S], true on real tokens; null where every token is real
 */
public record Memory(Tensor hidden, @Nullable Tensor mask) {}
