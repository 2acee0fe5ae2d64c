package dev.hone.model;

import dev.hone.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the layers of one pass share; layers of several kinds have a frame each.
 *
 * <p>Three things may carry a gradient, which every layer adds to: a float mask where a table of
 * relative positions trains, the memory where the encoder trains, and a prefix.
 *
 * @param mask broadcastable to [B, H, T, S]: BOOL, true where a position may look, or F32, added to
 *     the scores; null = everywhere
 * @param causal a position sees only itself and those before it; only where mask is null
 * @param angles for rotary positions, or null
 * @param others the frames of layers of kind 1, 2, ...
 * @param memory what a decoder sees of its encoder, or null
 * @param prefix keys and values that every layer puts before its own, or null
 */
public record Frame(
    @Nullable Tensor mask,
    boolean causal,
    Rope.@Nullable Angles angles,
    List<Frame> others,
    @Nullable Memory memory,
    VirtualTokens.@Nullable KeysAndValues prefix) {

  /** The frame of a stack whose layers are all of one kind. */
  public Frame(@Nullable Tensor mask, boolean causal, Rope.@Nullable Angles angles) {
    this(mask, causal, angles, List.of(), null, null);
  }

  /** The frame of a stack's layers from the frames of its kinds. */
  static Frame of(List<Frame> kinds) {
    Frame first = kinds.getFirst();
    return new Frame(
        first.mask(), first.causal(), first.angles(), kinds.subList(1, kinds.size()), null, null);
  }

  Frame seeing(Memory source) {
    return new Frame(mask, causal, angles, others, source, prefix);
  }

  Frame behind(VirtualTokens.@Nullable KeysAndValues before) {
    return before == null ? this : new Frame(mask, causal, angles, others, memory, before);
  }

  /** The frame of layers of this kind. */
  public Frame of(int kind) {
    return kind == 0 ? this : others.get(kind - 1);
  }
}
