package dev.hone.method.lokr;

import dev.hone.method.Change;
import dev.hone.method.Delta;
import dev.hone.method.Leaves;
import dev.hone.method.PeftMethod;
import dev.hone.method.Targets;
import dev.hone.model.Linear;
import dev.hone.model.Model;
import dev.hone.tensor.Functional;
import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import java.util.function.Supplier;

/**
 * LoKr (arXiv:2212.10650): W + s (left x right), the Kronecker product of two factors, each a whole
 * matrix or, where that is smaller, a product of two.
 */
public final class LoKr extends PeftMethod {
  /** left [l, m] and right [k, n], with out = l k and in = m n. */
  private record Kronecker(Factor left, Factor right, double scale) implements Delta {
    /** right X leftT for x as a matrix X [m, n]: the large product is never made. */
    @Override
    public Tensor product(Tensor x, boolean training) {
      Tensor l = left.matrix();
      Tensor r = right.matrix();
      long[] wide = x.shape();
      Tensor folded = x.reshape(-1, l.size(1), r.size(1));
      Tensor y = Functional.matmul(l, Functional.matmul(folded, r.t())); // [N, l, k]
      wide[wide.length - 1] = l.size(0) * r.size(0);
      return y.reshape(wide);
    }

    @Override
    public Tensor delta() {
      Tensor l = left.matrix();
      Tensor r = right.matrix();
      return l.reshape(l.size(0), 1, l.size(1), 1)
          .mul(r.reshape(1, r.size(0), 1, r.size(1)))
          .reshape(l.size(0) * r.size(0), l.size(1) * r.size(1));
    }
  }

  /** One factor, whole or as a product. */
  private interface Factor {
    Tensor matrix();
  }

  private final LoKrConfig config;

  public LoKr(LoKrConfig config, Model model, Leaves leaves) {
    super(config, model, leaves);
    this.config = config;
  }

  @Override
  protected Change change(Linear at, Leaves own) {
    requirePlain(at);
    int rank = Targets.byPattern(config.rankPattern(), at.name(), config.rank());
    double alpha = Targets.byPattern(config.alphaPattern(), at.name(), config.alpha());
    long[] in = split(at.in(), config.decomposeFactor());
    long[] out = split(at.out(), config.decomposeFactor());
    boolean leftWhole = !config.decomposeBoth() || rank >= Math.max(out[0], in[0]) / 2.0;
    boolean rightWhole = rank >= Math.max(out[1], in[1]) / 2.0;
    return new Kronecker(
        factor(own, "lokr_w1", leftWhole, true, out[0], in[0], rank),
        factor(own, "lokr_w2", rightWhole, false, out[1], in[1], rank),
        alpha / rank);
  }

  private static Factor factor(
      Leaves own, String name, boolean whole, boolean zero, long rows, long columns, int rank) {
    if (whole) {
      Tensor matrix = own.trained(name, start(zero, rows, columns), rows, columns);
      return () -> matrix;
    }
    Tensor a = own.trained(name + "_a", start(zero, rows, rank), rows, rank);
    Tensor b = own.trained(name + "_b", start(false, rank, columns), rank, columns);
    return () -> a.matmul(b);
  }

  private static Supplier<Tensor> start(boolean zero, long... shape) {
    return () -> zero ? Tensors.zeros(shape) : Tensors.kaiming(shape[0], shape[1]);
  }

  /** A size as the product of two, the smaller first: LyCORIS' rule, which PEFT follows. */
  static long[] split(long size, int factor) {
    if (factor > 0 && size % factor == 0) {
      return new long[] {factor, size / factor};
    }
    long most = factor == -1 ? size : factor;
    long small = 1;
    long large = size;
    for (long next = 2; small < large; next++) {
      if (size % next != 0) {
        continue;
      }
      if (next > most || next + size / next > small + large) {
        break;
      }
      small = next;
      large = size / next;
    }
    return small < large ? new long[] {small, large} : new long[] {large, small};
  }
}
