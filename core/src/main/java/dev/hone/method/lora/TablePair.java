package dev.hone.method.lora;

import dev.hone.method.TableChange;
import dev.hone.tensor.Functional;
import dev.hone.tensor.GradMode;
import dev.hone.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * LoRA of a table, seen as a linear from words to channels: A [r, V], B [C, r].
 *
 * @param magnitude [C] for DoRA, or null
 */
record TablePair(Pair pair, @Nullable Tensor magnitude) implements TableChange {

  @Override
  public Tensor forward(Tensor vectors, Tensor table, Tensor ids) {
    Tensor inner = Functional.embedding(pair.a().t(), ids);
    Tensor y = vectors.add(Functional.linear(inner, pair.b(), null), pair.scale());
    return magnitude == null ? y : y.mul(factor(magnitude, table));
  }

  @Override
  public boolean adds() {
    return magnitude == null;
  }

  private Tensor factor(Tensor own, Tensor table) {
    Tensor norms;
    try (GradMode off = GradMode.off()) {
      norms = pair.rowNorms(table.t());
    }
    return own.div(norms);
  }

  @Override
  public Tensor merged(Tensor table) {
    Tensor sum = table.add(pair.delta().t(), pair.scale());
    return magnitude == null ? sum : sum.mul(factor(magnitude, table));
  }
}
