package dev.hone.model;

import dev.hone.tensor.Functional;
import dev.hone.tensor.Tensor;

/**
 * A table of vectors looked up by id.
 *
 * @param name module path
 * @param weight [V, C]
 * @param padding the id whose vector does not learn from being looked up, or -1
 */
public record Embedding(String name, Parameter weight, long padding) {

  public Embedding(String name, Parameter weight) {
    this(name, weight, -1);
  }

  /** ids I64[...] to [..., C], through the adapter of this pass. */
  public Tensor forward(Tensor ids, Pass pass) {
    return pass.adapter().embedding(this, ids, pass);
  }

  /** The same without what the adapter adds; a table that it replaces is respected. */
  public Tensor base(Tensor ids, Pass pass) {
    return Functional.embedding(pass.value(weight), ids, padding);
  }
}
