package dev.hone.method.vera;

import dev.hone.method.Change;
import dev.hone.method.Delta;
import dev.hone.method.Leaves;
import dev.hone.method.PeftMethod;
import dev.hone.model.Linear;
import dev.hone.model.Model;
import dev.hone.tensor.Functional;
import dev.hone.tensor.Linalg;
import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * VeRA (arXiv:2310.11454): y = W x + b * (B (d * (A x))). A and B are random, frozen and the same
 * for all linears, each of which uses as much of them as it is wide; the vectors d and b train.
 */
public final class Vera extends PeftMethod {
  /** PEFT keeps what is shared one level above the model's own names. */
  private static final String ROOT = "base_model.";

  /**
   * @param a [r, in]
   * @param b [out, r]
   * @param inner [r]
   * @param outer [out]
   */
  private record Vectors(Tensor a, Tensor b, Tensor inner, Tensor outer, double dropout)
      implements Delta {
    @Override
    public Tensor product(Tensor x, boolean training) {
      Tensor narrow = Functional.linear(Functional.dropout(x, dropout, training), a, null);
      return Functional.linear(narrow.mul(inner), b, null).mul(outer);
    }

    @Override
    public Tensor delta() {
      return b.mul(outer.unsqueeze(1)).matmul(a.mul(inner.unsqueeze(1)));
    }

    @Override
    public double scale() {
      return 1;
    }
  }

  private final VeraConfig config;
  private @Nullable Tensor sharedA;
  private @Nullable Tensor sharedB;

  public Vera(VeraConfig config, Model model, Leaves leaves) {
    super(config, model, leaves);
    this.config = config;
  }

  @Override
  protected void shared(List<Linear> adapted, Leaves root) {
    long in = adapted.stream().mapToLong(Linear::in).max().orElse(1);
    long out = adapted.stream().mapToLong(Linear::out).max().orElse(1);
    long rank = config.rank();
    // One generator makes A, then B, as PEFT does: a file without them is read just so.
    Tensor both = Linalg.uniform(-1, 1, config.projectionSeed(), rank * in + out * rank);
    sharedA =
        shared(root, "vera_A", () -> both.narrow(0, 0, rank * in).view(rank, in), in, rank, in);
    sharedB =
        shared(
            root,
            "vera_B",
            () -> both.narrow(0, rank * in, out * rank).view(out, rank),
            rank,
            out,
            rank);
  }

  /** Kaiming's uniform distribution. */
  private Tensor shared(
      Leaves root, String name, Supplier<Tensor> even, long fanIn, long... shape) {
    Supplier<Tensor> start = () -> even.get().mul(Math.sqrt(6.0 / fanIn));
    return root.loaded() && !config.saveProjection()
        ? root.internal(ROOT + name, start)
        : root.frozen(ROOT + name, start, shape);
  }

  @Override
  protected Change change(Linear at, Leaves own) {
    if (sharedA == null || sharedB == null) {
      throw new IllegalStateException("the shared matrices come first");
    }
    int rank = config.rank();
    // Slices of what is kept must be kept themselves: they are used as long as the method lives.
    return new Vectors(
        own.view(sharedA.narrow(1, 0, at.in())),
        own.view(sharedB.narrow(0, 0, at.out())),
        own.trained("vera_lambda_d", () -> Tensors.full(config.dInitial(), rank), rank),
        own.trained("vera_lambda_b", () -> Tensors.zeros(at.out()), at.out()),
        config.dropout());
  }

  @Override
  protected Map<String, Tensor> saved() {
    Map<String, Tensor> tensors = new LinkedHashMap<>(super.saved());
    if (!config.saveProjection()) {
      tensors.remove(ROOT + "vera_A");
      tensors.remove(ROOT + "vera_B");
    }
    return tensors;
  }

  @Override
  protected Map<String, @Nullable Object> fields() {
    Map<String, @Nullable Object> fields = new LinkedHashMap<>(super.fields());
    fields.put("fan_in_fan_out", fanInFanOut());
    return fields;
  }
}
