package dev.hone.method;

import dev.hone.tensor.Tensor;

/** What a method does at one table of vectors. */
public interface TableChange {
  /**
   * @param vectors of the ids, as the model has them [..., C]
   * @param table [V, C]
   * @param ids I64[...]
   */
  Tensor forward(Tensor vectors, Tensor table, Tensor ids);

  /** Whether it only adds to the vectors. */
  boolean adds();

  /** The table with this change folded in: [V, C]. */
  Tensor merged(Tensor table);
}
