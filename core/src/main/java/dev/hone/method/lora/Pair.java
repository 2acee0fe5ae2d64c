package dev.hone.method.lora;

import dev.hone.method.Affine;
import dev.hone.method.Delta;
import dev.hone.tensor.Functional;
import dev.hone.tensor.Linalg;
import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * B A, less what it began as where the start was a part of the weight itself.
 *
 * @param a [r, in]
 * @param b [out, r]
 * @param start the frozen pair that is taken off, or null
 * @param scale alpha / r, or alpha / sqrt(r)
 * @param dropout on the input of A
 */
record Pair(Tensor a, Tensor b, @Nullable Pair start, double scale, double dropout)
    implements Delta {

  /** B A x. */
  Tensor through(Tensor x) {
    return Functional.linear(Functional.linear(x, a, null), b, null);
  }

  /** What of the base is left beside B A: W x, less the start. */
  Tensor rest(Affine base, Tensor x) {
    Tensor y = base.product(x);
    return start == null ? y : y.add(start.through(x), -scale);
  }

  @Override
  public Tensor forward(Affine base, Tensor x, boolean training) {
    return start == null && (dropout == 0 || !training)
        ? Functional.lowRank(x, base.weight(), base.bias(), a, b, scale)
        : Delta.super.forward(base, x, training);
  }

  @Override
  public Tensor product(Tensor x, boolean training) {
    Tensor trained = through(Functional.dropout(x, dropout, training));
    return start == null ? trained : trained.sub(start.through(x));
  }

  @Override
  public Tensor delta() {
    Pair joined = joined();
    return joined.b.matmul(joined.a);
  }

  /** The same as one pair: [A, A0] and [B, -B0], of twice the rank where there is a start. */
  Pair joined() {
    if (start == null) {
      return this;
    }
    return new Pair(
        Tensors.cat(List.of(a, start.a), 0),
        Tensors.cat(List.of(b, start.b.neg()), 1),
        null,
        scale,
        dropout);
  }

  /**
   * The length of every row of W + scale * delta, without making that sum: from W's own, from the
   * product of W and delta, and from delta's.
   *
   * @param w [out, in]
   * @return [out]
   */
  Tensor rowNorms(Tensor w) {
    Pair d = joined();
    Tensor crossed = w.matmul(d.a.t()).mul(d.b).sum(1);
    Tensor own = d.b.matmul(d.a.matmul(d.a.t())).mul(d.b).sum(1);
    return Linalg.norm(w, 1).square().add(crossed, 2 * scale).add(own, scale * scale).sqrt();
  }
}
