package dev.hone.method.lora;

import dev.hone.method.Affine;
import dev.hone.method.Change;
import dev.hone.tensor.Functional;
import dev.hone.tensor.GradMode;
import dev.hone.tensor.Scope;
import dev.hone.tensor.Tensor;

/**
 * DoRA (arXiv:2402.09353): every row of W + s B A is brought to a length of its own, which trains.
 * By section 4.3 of the paper the length that it has counts as a constant.
 *
 * @param magnitude [out]
 */
record Dora(Pair pair, Tensor magnitude) implements Change {

  private Tensor factor(Tensor w) {
    try (GradMode off = GradMode.off()) {
      return Scope.only(() -> pair.rowNorms(w.dense()));
    }
  }

  @Override
  public Tensor forward(Affine base, Tensor x, boolean training) {
    Tensor factor = magnitude.div(factor(base.weight()));
    Tensor y = pair.rest(base, x);
    Tensor scaled;
    if (training && pair.dropout() > 0) {
      // Only what is added to the base sees the dropout, the base's own part of it included.
      Tensor dropped = Functional.dropout(x, pair.dropout(), true);
      Tensor inner = pair.rest(base, dropped);
      Tensor turned = inner.add(pair.through(dropped), pair.scale()).mul(factor);
      scaled = y.add(turned.sub(inner));
    } else {
      scaled = y.add(pair.through(x), pair.scale()).mul(factor);
    }
    return base.bias() == null ? scaled : scaled.add(base.bias());
  }

  @Override
  public Affine merged(Affine base) {
    Tensor factor = magnitude.div(factor(base.weight())).unsqueeze(1);
    return new Affine(pair.merged(base).weight().mul(factor), base.bias());
  }
}
