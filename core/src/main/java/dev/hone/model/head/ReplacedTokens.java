package dev.hone.model.head;

import dev.hone.model.Activation;
import dev.hone.model.Head;
import dev.hone.model.Inputs;
import dev.hone.model.Linear;
import dev.hone.model.Pass;
import dev.hone.tensor.DType;
import dev.hone.tensor.Tensor;

/** Which tokens were put in by a generator (ELECTRA, arXiv:2003.10555): logits [B, T]. */
public record ReplacedTokens(Linear dense, Activation activation, Linear output) implements Head {
  @Override
  public Tensor logits(Tensor hidden, Inputs inputs, Pass pass) {
    return output.forward(activation.apply(dense.forward(hidden, pass)), pass).squeeze(-1);
  }

  /** Labels I64[B, T]: 1 for a token that was put in, -100 for padding. */
  @Override
  public Tensor loss(Tensor logits, Tensor labels) {
    Tensor counted = labels.eq(-100).eq(0).to(DType.F32);
    Tensor each = BinaryCrossEntropy.of(logits, labels.eq(1).to(DType.F32));
    return each.mul(counted).sum().div(counted.sum());
  }
}
