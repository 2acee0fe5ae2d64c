package dev.hone.model;

import dev.hone.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * What a method changes in a pass through a model. Chosen per call, so that switching adapters
 * leaves no trace in the model.
 */
public interface Adapter {
  /** The base model as it is. */
  Adapter NONE = new Adapter() {};

  /** The result of a linear place for x [..., in]. */
  default Tensor linear(Linear at, Tensor x, Pass pass) {
    return at.base(x, pass);
  }

  /** The vectors of a table for ids I64[...]: [..., C]. */
  default Tensor embedding(Embedding at, Tensor ids, Pass pass) {
    return at.base(ids, pass);
  }

  /** What a layer goes on with, from what a part of it was given and what that made of it. */
  default Tensor junction(Junction at, Tensor entry, Tensor made, Pass pass) {
    return at.base(entry, made, pass);
  }

  /** The value that stands for a parameter. */
  default Tensor value(Parameter parameter) {
    return parameter.value();
  }

  /** What it puts before every row, or null. */
  default @Nullable VirtualTokens virtualTokens() {
    return null;
  }

  /** The same for rows of one task, where it tells several apart. */
  default Adapter ofTask(String task) {
    return this;
  }

  /**
   * The same for some rows of a batch, where rows have adapters of their own.
   *
   * @param rows places in the batch so far, in the order of the batch to come
   */
  default Adapter ofRows(int[] rows) {
    return this;
  }

  /** How many positions of a row are its own. */
  default int taken() {
    VirtualTokens own = virtualTokens();
    return own == null ? 0 : own.count();
  }
}
