package dev.hone.model;

import dev.hone.tensor.Functional;
import dev.hone.tensor.Tensor;

/**
 * A table of vectors looked up by id.
 *
 * @param name module path
 * @param weight [V, C]
 * @param padding id whose lookups give no gradient, or -1
 */
public record Embedding(String name, Parameter weight, long padding) {

  public Embedding(String name, Parameter weight) {
    this(name, weight, -1);
  }

  /** ids I64[...] to [..., C]. */
  public Tensor forward(Tensor ids, Pass pass) {
    return Functional.embedding(pass.value(weight), ids, padding);
  }
}
