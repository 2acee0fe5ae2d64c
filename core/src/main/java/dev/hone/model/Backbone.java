package dev.hone.model;

import dev.hone.data.Batch;
import dev.hone.tensor.Tensor;

/** A model without its head. */
public sealed interface Backbone permits Stack, EncoderDecoder, Recurrent {
  /** Ids to the last hidden states [B, T, C], without those of a soft prompt. */
  Tensor forward(Inputs inputs, Pass pass);

  /** The same with those of the adapter's soft prompt before them, [B, P + T, C]. */
  default Tensor whole(Inputs inputs, Pass pass) {
    return forward(inputs, pass);
  }

  /** Ids I64[...] to token vectors [..., E] such as a soft prompt is put before. */
  Tensor vectors(Tensor ids, Pass pass);

  /** Ids I64[B, T] that follow what the cache of the pass holds, to hidden states [B, T, C]. */
  default Tensor next(Tensor ids, Pass pass) {
    return forward(Inputs.of(ids), pass);
  }

  /**
   * Whether a row of that many tokens is seen otherwise once another joins it, so that its keys
   * cannot be remembered.
   */
  default boolean turnsAnew(long tokens) {
    return false;
  }

  /** What the model reads of a batch. */
  default Inputs inputs(Batch batch) {
    return Inputs.of(batch);
  }

  /** C. */
  int hiddenSize();

  /** Most positions that the model was made for. */
  int maxPositions();

  /** The table of token vectors, to which a head may be tied. */
  Embedding tokens();
}
