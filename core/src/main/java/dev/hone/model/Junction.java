package dev.hone.model;

import dev.hone.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Where what a part of a layer has made meets what the part was given: the sum of both, and the
 * norm over it where the layer has one there.
 *
 * @param end the linear that the part ends with; its name tells this place from all others
 * @param norm over the sum, or null
 */
public record Junction(Part part, Linear end, @Nullable Norm norm) {
  /** What a layer is made of. */
  public enum Part {
    ATTENTION,
    CROSS_ATTENTION,
    FEED_FORWARD
  }

  /**
   * Through the adapter of this pass.
   *
   * @param entry what the part was given, [B, T, C]
   * @param made what it made of that, [B, T, C]
   */
  public Tensor forward(Tensor entry, Tensor made, Pass pass) {
    return pass.adapter().junction(this, entry, made, pass);
  }

  /** As the model has it. */
  public Tensor base(Tensor entry, Tensor made, Pass pass) {
    return normed(entry.add(made), pass);
  }

  /** Through the norm where there is one. */
  public Tensor normed(Tensor x, Pass pass) {
    return norm == null ? x : norm.forward(x, pass);
  }
}
