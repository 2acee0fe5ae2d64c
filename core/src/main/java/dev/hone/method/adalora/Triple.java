package dev.hone.method.adalora;

import dev.hone.method.Delta;
import dev.hone.tensor.Functional;
import dev.hone.tensor.Tensor;

/**
 * B diag(E) A, and what the allocator knows of it.
 *
 * @param a [r, in]
 * @param e [r, 1]
 * @param b [out, r]
 * @param mask [r, 1], 1 where a rank is left, 0 where it was taken away
 */
record Triple(
    Tensor a,
    Tensor e,
    Tensor b,
    Tensor mask,
    Sensitivity ofA,
    Sensitivity ofE,
    Sensitivity ofB,
    double scale,
    double dropout)
    implements Delta {

  @Override
  public Tensor product(Tensor x, boolean training) {
    Tensor inner = Functional.linear(Functional.dropout(x, dropout, training), a.mul(e), null);
    return Functional.linear(inner, b, null);
  }

  @Override
  public Tensor delta() {
    return b.matmul(a.mul(e));
  }

  /** How much each rank matters: its value's score, and the mean scores of its two vectors: [r]. */
  Tensor scores() {
    Tensor vectors = ofA.score().mean(1).add(ofB.score().mean(0));
    return ofE.score().reshape(-1).add(vectors);
  }

  void observe(double beta1, double beta2) {
    ofA.observe(a, beta1, beta2);
    ofE.observe(e, beta1, beta2);
    ofB.observe(b, beta1, beta2);
  }
}
