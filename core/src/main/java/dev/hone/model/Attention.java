package dev.hone.model;

import dev.hone.tensor.Tensor;

/** How positions of a row look at each other: x [B, T, C] to [B, T, C]. */
public interface Attention {
  Tensor forward(Tensor x, Frame frame, Pass pass);
}
