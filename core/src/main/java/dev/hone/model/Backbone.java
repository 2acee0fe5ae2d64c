package dev.hone.model;

import dev.hone.tensor.Tensor;

/** A model without its head. */
public sealed interface Backbone permits Stack {
  /** Ids to the last hidden states [B, T, C]. */
  Tensor forward(Inputs inputs, Pass pass);

  /** C. */
  int hiddenSize();

  /** Most positions that the model was made for. */
  int maxPositions();

  /** The table of token vectors, to which a head may be tied. */
  Embedding tokens();
}
