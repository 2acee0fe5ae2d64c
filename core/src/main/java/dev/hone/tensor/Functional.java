package dev.hone.tensor;

import java.util.List;
import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/** What {@code torch.nn.functional} offers a model, under the same names. */
public final class Functional {
  /** PyTorch's {@code Reduction::Mean} and {@code Reduction::Sum}. */
  private static final long MEAN = 1;

  private static final long SUM = 2;

  /** The label that no loss counts. */
  private static final long IGNORED = -100;

  private Functional() {}

  /**
   * x Wᵀ + b.
   *
   * @param x [..., in]
   * @param weight [out, in]
   * @param bias [out], or null
   */
  public static Tensor linear(Tensor x, Tensor weight, @Nullable Tensor bias) {
    if (weight.rank() != 2
        || x.rank() == 0
        || x.size(-1) != weight.size(1)
        || Precision.product(x) != Precision.product(weight)) {
      throw Shapes.mismatch("linear", "input [..., in] and weight [out, in]", x, weight);
    }
    if (bias != null && (bias.rank() != 1 || bias.size(0) != weight.size(0))) {
      throw Shapes.mismatch("linear", "weight [out, in] and bias [out]", weight, bias);
    }
    if (Tape.recording()) {
      return Linears.recorded(x.operand(), weight, bias);
    }
    return GradMode.isOn()
        ? DenseProduct.recorded(x.operand(), weight, bias)
        : DenseProduct.linear(x.operand(), weight, bias);
  }

  /**
   * x Wᵀ + bias + scale (x Aᵀ) Bᵀ, a linear with a product of low rank beside it
   * (arXiv:2106.09685), as small products: W + scale B A is never made.
   *
   * @param x [..., in]
   * @param weight [out, in]
   * @param bias [out], or null
   * @param a [r, in]
   * @param b [out, r]
   */
  public static Tensor lowRank(
      Tensor x, Tensor weight, @Nullable Tensor bias, Tensor a, Tensor b, double scale) {
    if (a.rank() != 2
        || b.rank() != 2
        || a.size(1) != x.size(-1)
        || b.size(0) != weight.size(0)
        || a.size(0) != b.size(1)) {
      throw Shapes.mismatch("lowRank", "input [..., in], a [r, in] and b [out, r]", x, a, b);
    }
    boolean frozen = !weight.requiresGrad() && (bias == null || !bias.requiresGrad());
    boolean contiguous = x.isContiguous();
    if (Tape.recording() && frozen && contiguous && a.requiresGrad() && b.requiresGrad()) {
      return LowRank.recorded(x.operand(), weight, bias, a, b, scale);
    }
    return linear(x, weight, bias).add(linear(linear(x, a, null), b, null), scale);
  }

  /** Matrix product over the last two axes, in the type that {@link Precision} says. */
  public static Tensor matmul(Tensor a, Tensor b) {
    return DenseProduct.matmul(a, b);
  }

  /**
   * Rows of a table.
   *
   * @param weight [V, C]
   * @param ids I64, any shape; the result has one axis more
   */
  public static Tensor embedding(Tensor weight, Tensor ids) {
    return embedding(weight, ids, -1);
  }

  /**
   * The same, where one row is looked up but never learns from it.
   *
   * @param paddingIdx the row that gets no gradient, or -1
   */
  public static Tensor embedding(Tensor weight, Tensor ids, long paddingIdx) {
    if (weight.rank() != 2 || ids.dtype() != DType.I64) {
      throw Shapes.mismatch("embedding", "weight [V, C] and I64 ids", weight, ids);
    }
    if (weight.isPacked()) {
      long[] shape = java.util.Arrays.copyOf(ids.shape(), ids.rank() + 1);
      shape[ids.rank()] = weight.size(1);
      return weight.rows(ids.reshape(-1)).view(shape);
    }
    Shapes.within("embedding", "ids", ids, weight.size(0));
    return new Tensor(torch.embedding(weight.handle(), ids.handle(), paddingIdx, false, false));
  }

  /** Layer norm over the last axis (arXiv:1607.06450). */
  public static Tensor layerNorm(
      Tensor x, @Nullable Tensor weight, @Nullable Tensor bias, double eps) {
    requireWidth("layerNorm", x, weight);
    requireWidth("layerNorm", x, bias);
    return new Tensor(
        torch.layer_norm(
            x.wide().handle(),
            new long[] {x.size(-1)},
            optional(weight),
            optional(bias),
            eps,
            true));
  }

  /** Root-mean-square norm over the last axis (arXiv:1910.07467). */
  public static Tensor rmsNorm(Tensor x, @Nullable Tensor weight, double eps) {
    requireWidth("rmsNorm", x, weight);
    if (weight != null && Tape.recording()) {
      return RmsNorm.recorded(x.wide(), weight, eps);
    }
    return new Tensor(
        torch.rms_norm(
            x.wide().handle(), new long[] {x.size(-1)}, optional(weight), new DoubleOptional(eps)));
  }

  /**
   * Batch norm (arXiv:1502.03167) with a weight and a bias.
   *
   * @param x [B, C]
   * @param mean [C], the running mean of earlier batches
   * @param variance [C], likewise
   * @param momentum share of this batch, B &gt; 1, in the running numbers, which change in place;
   *     then its own mean and variance are what x is normalised by. With 0 the running ones are
   */
  public static Tensor batchNorm(
      Tensor x,
      Tensor weight,
      Tensor bias,
      Tensor mean,
      Tensor variance,
      double momentum,
      double eps) {
    for (Tensor vector : List.of(weight, bias, mean, variance)) {
      requireWidth("batchNorm", x, vector);
    }
    if (x.rank() != 2 || (momentum > 0 && x.size(0) < 2)) {
      throw Shapes.mismatch("batchNorm", "input [B, C] of at least two rows in training", x);
    }
    return new Tensor(
        torch.batch_norm(
            x.wide().handle(),
            optional(weight),
            optional(bias),
            optional(mean),
            optional(variance),
            momentum > 0,
            momentum,
            eps,
            false));
  }

  /**
   * softmax(q kᵀ · scale + mask) v.
   *
   * @param q [B, H, T, D]
   * @param k [B, H or a divisor of it, S, D]
   * @param v like k
   * @param mask broadcastable to [B, H, T, S]: BOOL (true = may look) or float (added), or null
   * @param causal position t of q sees positions up to t of k; only with a null mask
   * @param scale null means 1/sqrt(D)
   */
  public static Tensor scaledDotProductAttention(
      Tensor q,
      Tensor k,
      Tensor v,
      @Nullable Tensor mask,
      double dropout,
      boolean causal,
      @Nullable Double scale) {
    if (q.rank() != 4
        || k.rank() != 4
        || q.size(0) != k.size(0)
        || q.size(3) != k.size(3)
        || q.size(1) % k.size(1) != 0) {
      throw Shapes.mismatch("attention", "q [B, H, T, D] and k [B, H, S, D]", q, k);
    }
    // The kernel does not look at v's length: a shorter one would be read past its end.
    if (v.rank() != 4
        || v.size(0) != k.size(0)
        || v.size(1) != k.size(1)
        || v.size(2) != k.size(2)) {
      throw Shapes.mismatch("attention", "k [B, H, S, D] and v [B, H, S, D]", k, v);
    }
    if (mask != null
        && (causal || !Shapes.expands(mask.shape(), q.size(0), q.size(1), q.size(2), k.size(2)))) {
      throw Shapes.mismatch(
          "attention", "not causal, and a mask that broadcasts to [B, H, T, S]", q, k, mask);
    }
    boolean grouped = q.size(1) != k.size(1);
    DType type = Precision.product(q);
    if (grouped && q.device() == Device.CUDA && (type == DType.F32 || mask != null)) {
      // No fused kernel of a GPU knows groups beside F32 or a mask, and the other one makes
      // B*H*T*S numbers.
      k = repeatedHeads(k, q.size(1) / k.size(1));
      v = repeatedHeads(v, q.size(1) / v.size(1));
      grouped = false;
    }
    return new Tensor(
            torch.scaled_dot_product_attention(
                Precision.operand(q, type).handle(),
                Precision.operand(k, type).handle(),
                Precision.operand(v, type).handle(),
                optional(mask == null ? null : Precision.operand(mask, type)),
                dropout,
                causal,
                scale == null ? new DoubleOptional() : new DoubleOptional(scale),
                grouped))
        .to(type);
  }

  private static Tensor repeatedHeads(Tensor x, long times) {
    return new Tensor(x.handle().repeat_interleave(times, new LongOptional(1), new LongOptional()));
  }

  /** Zeroes elements with probability p and scales the others by 1/(1-p), while training. */
  public static Tensor dropout(Tensor x, double p, boolean training) {
    return p == 0 || !training ? x : new Tensor(torch.dropout(x.handle(), p, true));
  }

  public static Tensor silu(Tensor x) {
    return new Tensor(torch.silu(x.handle()));
  }

  /** silu(gate) * up (arXiv:2002.05202). */
  public static Tensor gatedSilu(Tensor gate, Tensor up) {
    if (!java.util.Arrays.equals(gate.shape(), up.shape())) {
      throw Shapes.mismatch("gatedSilu", "gate and up of equal shape", gate, up);
    }
    return Tape.recording()
            && gate.requiresGrad()
            && up.requiresGrad()
            && gate.dtype() == up.dtype()
        ? Gates.silu(gate, up)
        : silu(gate).mul(up);
  }

  public static Tensor sigmoid(Tensor x) {
    return new Tensor(torch.sigmoid(x.handle()));
  }

  public static Tensor relu(Tensor x) {
    return new Tensor(torch.relu(x.handle()));
  }

  /** Gaussian error linear unit, exact (arXiv:1606.08415). */
  public static Tensor gelu(Tensor x) {
    return new Tensor(torch.gelu(x.handle()));
  }

  /** The same by its tanh approximation: {@code gelu_new}, {@code gelu_pytorch_tanh}. */
  public static Tensor geluTanh(Tensor x) {
    return new Tensor(torch.gelu(x.handle(), "tanh"));
  }

  /**
   * Sum over rows of the cross-entropy between logits and classes.
   *
   * @param logits [N, V]
   * @param labels I64[N]; rows labelled -100 do not count
   * @param smoothing share of the target spread over all classes
   */
  public static Tensor crossEntropySum(Tensor logits, Tensor labels, double smoothing) {
    return crossEntropy(logits, labels, SUM, smoothing);
  }

  /** The mean over rows whose label is not -100. */
  public static Tensor crossEntropyMean(Tensor logits, Tensor labels) {
    return crossEntropy(logits, labels, MEAN, 0);
  }

  private static Tensor crossEntropy(
      Tensor logits, Tensor labels, long reduction, double smoothing) {
    if (logits.rank() != 2
        || labels.rank() != 1
        || labels.dtype() != DType.I64
        || logits.size(0) != labels.size(0)) {
      throw Shapes.mismatch("crossEntropy", "logits [N, V] and labels I64[N]", logits, labels);
    }
    Shapes.within("crossEntropy", "labels", labels, logits.size(1), IGNORED);
    return new Tensor(
        torch.cross_entropy_loss(
            logits.wide().handle(),
            labels.handle(),
            new TensorOptional(),
            reduction,
            IGNORED,
            smoothing));
  }

  private static TensorOptional optional(@Nullable Tensor t) {
    return t == null ? new TensorOptional() : new TensorOptional(t.handle());
  }

  private static void requireWidth(String operation, Tensor x, @Nullable Tensor weight) {
    if (x.rank() == 0) {
      throw Shapes.mismatch(operation, "an axis", x);
    }
    if (weight != null && (weight.rank() != 1 || weight.size(0) != x.size(-1))) {
      throw Shapes.mismatch(operation, "weight and bias as wide as the last axis", x, weight);
    }
  }
}
