package dev.hone.method.lora;

import dev.hone.method.Delta;
import dev.hone.tensor.Functional;
import dev.hone.tensor.Tensor;

/**
 * A table's pair in the head that is the same matrix: from channels to words, through B and then A.
 *
 * @param table A [r, V], B [C, r]
 */
record TiedPair(Pair table, double scale, double dropout) implements Delta {

  @Override
  public Tensor product(Tensor x, boolean training) {
    Tensor inner = Functional.linear(Functional.dropout(x, dropout, training), table.b().t(), null);
    return Functional.linear(inner, table.a().t(), null);
  }

  @Override
  public Tensor delta() {
    return table.a().t().matmul(table.b().t());
  }
}
