package dev.hone.model;

import dev.hone.tensor.Tensor;

/**
 * One weight of a model.
 *
 * @param name its name in a checkpoint of this architecture, for example {@code
 *     model.layers.0.self_attn.q_proj.weight}
 * @param value kept by the model that owns it
 * @param trains false for a part of the file that no method changes (a buffer, in PyTorch)
 */
public record Parameter(String name, Tensor value, boolean trains) {
  public Parameter(String name, Tensor value) {
    this(name, value, true);
  }
}
