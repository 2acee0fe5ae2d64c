package dev.hone.model;

import dev.hone.tensor.QueryBlocks;
import dev.hone.tensor.Tensor;
import java.util.List;
import java.util.function.BiFunction;
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
 * @param sight in place of mask where rows are too long for one over all positions, or null
 * @param segments where the layers are given rows as one sequence; nothing else is set then
 * @param prefix keys and values that every layer puts before its own, or null
 */
public record Frame(
    @Nullable Tensor mask,
    boolean causal,
    Rope.@Nullable Angles angles,
    List<Frame> others,
    @Nullable Memory memory,
    @Nullable Sight sight,
    @Nullable Segments segments,
    VirtualTokens.@Nullable KeysAndValues prefix) {

  /** The frame of a stack whose layers are all of one kind. */
  public Frame(@Nullable Tensor mask, boolean causal, Rope.@Nullable Angles angles) {
    this(mask, causal, angles, List.of(), null, null, null, null);
  }

  /** Of rows of {@code width} positions that differ in what they see. */
  static Frame of(Sight sight, long width, Rope.@Nullable Angles angles) {
    return width > QueryBlocks.SIZE
        ? new Frame(null, false, angles, List.of(), null, sight, null, null)
        : new Frame(sight.mask().of(0, width), false, angles);
  }

  /** The frame of a stack's layers from the frames of its kinds. */
  static Frame of(List<Frame> kinds) {
    Frame first = kinds.getFirst();
    return new Frame(
        first.mask(),
        first.causal(),
        first.angles(),
        kinds.subList(1, kinds.size()),
        null,
        first.sight(),
        null,
        null);
  }

  static Frame of(Segments segments) {
    return new Frame(null, false, null, List.of(), null, null, segments, null);
  }

  Frame seeing(Memory source) {
    return new Frame(mask, causal, angles, others, source, sight, segments, prefix);
  }

  /** The same for layers of every kind behind a prefix. */
  Frame behind(VirtualTokens.@Nullable KeysAndValues before) {
    if (before == null) {
      return this;
    }
    List<Frame> kinds = others.stream().map(other -> other.behind(before)).toList();
    return new Frame(mask, causal, angles, kinds, memory, sight, segments, before);
  }

  /** The frame of layers of this kind. */
  public Frame of(int kind) {
    return kind == 0 ? this : others.get(kind - 1);
  }

  /**
   * Work that looks from token to token, on rows [B, T, ...] and their own frame, however rows are
   * laid out.
   *
   * @param inputs what the layer is given of each token, [B, T, ...] or as {@link Segments}
   */
  Tensor onRows(List<Tensor> inputs, BiFunction<List<Tensor>, Frame, Tensor> work) {
    return segments == null ? work.apply(inputs, this) : segments.each(inputs, work);
  }
}
