package dev.hone.method.loha;

import dev.hone.method.Change;
import dev.hone.method.Delta;
import dev.hone.method.Leaves;
import dev.hone.method.PeftMethod;
import dev.hone.method.Targets;
import dev.hone.model.Linear;
import dev.hone.model.Model;
import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;

/** LoHa (arXiv:2108.06098): W + s (A1 B1) * (A2 B2), element by element. */
public final class LoHa extends PeftMethod {
  /**
   * @param a1 [out, r]
   * @param b1 [r, in]
   * @param a2 [out, r]
   * @param b2 [r, in]
   */
  private record Hadamard(Tensor a1, Tensor b1, Tensor a2, Tensor b2, double scale)
      implements Delta {
    @Override
    public Tensor delta() {
      return a1.matmul(b1).mul(a2.matmul(b2));
    }
  }

  private final LoHaConfig config;

  public LoHa(LoHaConfig config, Model model, Leaves leaves) {
    super(config, model, leaves);
    this.config = config;
  }

  @Override
  protected Change change(Linear at, Leaves own) {
    requirePlain(at);
    int rank = Targets.byPattern(config.rankPattern(), at.name(), config.rank());
    double alpha = Targets.byPattern(config.alphaPattern(), at.name(), config.alpha());
    return new Hadamard(
        own.trained("hada_w1_a", () -> Tensors.kaiming(at.out(), rank), at.out(), rank),
        own.trained("hada_w1_b", () -> Tensors.kaiming(rank, at.in()), rank, at.in()),
        own.trained("hada_w2_a", () -> Tensors.kaiming(at.out(), rank), at.out(), rank),
        own.trained("hada_w2_b", () -> Tensors.zeros(rank, at.in()), rank, at.in()),
        alpha / rank);
  }
}
