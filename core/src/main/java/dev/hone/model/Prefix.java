package dev.hone.model;

import dev.hone.tensor.Tensor;
import java.util.function.Supplier;

/** What the lowest layers of a stack make of a batch, where they never change and are known. */
public interface Prefix {
  /** How many layers it stands for. */
  int layers();

  /**
   * The hidden states above them, [B, T, C]; those of padding may be anything.
   *
   * @param compute runs the layers, without dropout
   */
  Tensor hidden(Inputs inputs, Supplier<Tensor> compute);
}
