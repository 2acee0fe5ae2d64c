package dev.hone.tensor;

import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.StringViewOptional;
import org.bytedeco.pytorch.global.torch;

/** Decompositions of matrices, under the names of {@code torch.linalg}. */
public final class Linalg {
  /**
   * A = U diag(S) Vh, with k = min(m, n).
   *
   * @param u [m, k]
   * @param s [k], falling
   * @param vh [k, n]
   */
  public record Svd(Tensor u, Tensor s, Tensor vh) {}

  private Linalg() {}

  /**
   * The reduced singular value decomposition.
   *
   * @param a [m, n]
   */
  public static Svd svd(Tensor a) {
    requireMatrix("svd", a);
    var parts = torch.linalg_svd(a.handle(), false, new StringViewOptional());
    return new Svd(new Tensor(parts.get0()), new Tensor(parts.get1()), new Tensor(parts.get2()));
  }

  /**
   * The first {@code rank} singular values and vectors by random projection (Halko et al. 2009,
   * arXiv:0909.4061, algorithm 5.1), from the engine's seeded numbers.
   *
   * @param a [m, n]
   * @param iterations of the power method; more are more exact
   */
  public static Svd svdLowrank(Tensor a, int rank, int iterations) {
    requireMatrix("svdLowrank", a);
    Tensor q = qr(a.matmul(Tensors.normal(0, 1, a.size(1), rank)))[0];
    for (int i = 0; i < iterations; i++) {
      q = qr(a.matmul(qr(a.t().matmul(q))[0]))[0];
    }
    Svd small = svd(q.t().matmul(a));
    return new Svd(q.matmul(small.u()), small.s(), small.vh());
  }

  /**
   * A = Q R, with k = min(m, n).
   *
   * @param a [m, n]
   * @return Q [m, k] and R [k, n]
   */
  public static Tensor[] qr(Tensor a) {
    requireMatrix("qr", a);
    var parts = torch.linalg_qr(a.handle());
    return new Tensor[] {new Tensor(parts.get0()), new Tensor(parts.get1())};
  }

  /** X with A X = B. */
  public static Tensor solve(Tensor a, Tensor b) {
    return new Tensor(torch.linalg_solve(a.handle(), b.handle()));
  }

  /** The root of the sum of all squares; its gradient at zero is zero. */
  public static Tensor norm(Tensor t) {
    return new Tensor(torch.linalg_vector_norm(t.handle()));
  }

  /** The same of every row of a matrix, or of every column. */
  public static Tensor norm(Tensor matrix, int axis) {
    requireMatrix("norm", matrix);
    return new Tensor(
        torch.linalg_vector_norm(
            matrix.handle(),
            new Scalar(2.0),
            new long[] {Shapes.axis("norm", matrix, axis)},
            false,
            new ScalarTypeOptional()));
  }

  /**
   * Numbers spread evenly over [low, high), always the same for one seed and shape, on every
   * machine: PyTorch's generator on the CPU. The engine's own sequence is left alone.
   */
  public static Tensor uniform(double low, double high, long seed, long... shape) {
    Tensor t = Tensors.zeros(shape).cpu();
    Generator generator = torch.make_generator_cpu(seed);
    t.handle().uniform_(low, high, new GeneratorOptional(generator));
    return t.to(Engine.device());
  }

  private static void requireMatrix(String operation, Tensor a) {
    if (a.rank() != 2) {
      throw Shapes.mismatch(operation, "a matrix", a);
    }
  }
}
