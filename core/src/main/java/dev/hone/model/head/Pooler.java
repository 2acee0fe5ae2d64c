package dev.hone.model.head;

import dev.hone.model.Activation;
import dev.hone.model.Inputs;
import dev.hone.model.Linear;
import dev.hone.model.Norm;
import dev.hone.model.Pass;
import dev.hone.tensor.DType;
import dev.hone.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * One vector for a row: its first token, or the mean of its real tokens, through a dense layer.
 *
 * @param mean whether all tokens count, not the first alone
 * @param dropout before the dense layer
 * @param norm after the activation, or null
 */
public record Pooler(
    boolean mean, double dropout, Linear dense, Activation activation, @Nullable Norm norm) {

  /** The first token, without dropout before the dense layer and without a norm after it. */
  public static Pooler first(Linear dense, Activation activation) {
    return new Pooler(false, 0, dense, activation, null);
  }

  /** hidden [B, T, C] to [B, C]. */
  Tensor forward(Tensor hidden, Inputs inputs, Pass pass) {
    Tensor pooled = mean ? mean(hidden, inputs) : hidden.select(1, 0);
    if (dropout > 0) {
      pooled = pass.dropout(pooled, dropout);
    }
    Tensor x = activation.apply(dense.forward(pooled, pass));
    return norm == null ? x : norm.forward(x, pass);
  }

  private static Tensor mean(Tensor hidden, Inputs inputs) {
    if (inputs.mask() == null) {
      return hidden.sum(1).mul(1.0 / hidden.size(1));
    }
    Tensor real = inputs.mask().to(DType.F32);
    return hidden.mul(real.unsqueeze(-1)).sum(1).div(real.sum(1).unsqueeze(-1));
  }
}
