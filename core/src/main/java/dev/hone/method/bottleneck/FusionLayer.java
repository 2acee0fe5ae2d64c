package dev.hone.method.bottleneck;

import dev.hone.method.Affine;
import dev.hone.method.Leaves;
import dev.hone.tensor.Functional;
import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Attention of a token over what several adapters add for it.
 *
 * @param query [C, C] with bias, or null
 * @param key [C, C] with bias, or null
 * @param value [C, C], or null
 * @param residualBefore whether the way around joins what is mixed
 */
record FusionLayer(
    @Nullable Affine query, @Nullable Affine key, @Nullable Tensor value, boolean residualBefore) {

  /**
   * @param own its tensors under AdapterHub's names
   * @param width C
   */
  static FusionLayer of(FusionConfig config, Leaves own, long width) {
    return new FusionLayer(
        config.query()
            ? Bn.affine(own, "query", width, width, () -> Bn.normal(width, width))
            : null,
        config.key() ? Bn.affine(own, "key", width, width, () -> Bn.normal(width, width)) : null,
        config.value()
            ? own.trained(
                "value.weight",
                () -> config.valueInitialized() ? nearIdentity(width) : Bn.normal(width, width),
                width,
                width)
            : null,
        config.residualBefore());
  }

  private static Tensor nearIdentity(long width) {
    double beside = 1e-6;
    return Tensors.eye(width).mul(1 - beside).add(beside);
  }

  /**
   * @param asking what scores are asked for with, [B, T, C]
   * @param added by each adapter, [B, T, C]
   * @param around what the mixture is added to, [B, T, C]
   * @param scores dropout and temperature, on [B, T, N]
   * @return [B, T, C]
   */
  Tensor forward(Tensor asking, List<Tensor> added, Tensor around, UnaryOperator<Tensor> scores) {
    List<Tensor> mixed =
        residualBefore ? added.stream().map(one -> one.add(around)).toList() : added;
    Tensor shares = scores.apply(scores(asking, mixed)).softmax(-1);
    // The value is linear: of the mixture it is the mixture of values, at a share of the cost.
    Tensor mixture =
        IntStream.range(0, mixed.size())
            .mapToObj(n -> mixed.get(n).mul(shares.narrow(-1, n, 1)))
            .reduce(Tensor::add)
            .orElseThrow();
    Tensor valued = value == null ? mixture : Functional.linear(mixture, value, null);
    return residualBefore ? valued : valued.add(around);
  }

  /** q · (K a + b) for every a, as (q K) · a + q · b: one product with K for all adapters. */
  private Tensor scores(Tensor asking, List<Tensor> mixed) {
    Tensor q = query == null ? asking : query.apply(asking);
    Tensor asked = key == null ? q : q.matmul(key.weight());
    Tensor scores = Tensors.stack(mixed.stream().map(a -> a.mul(asked).sum(-1)).toList(), -1);
    return key == null || key.bias() == null
        ? scores
        : scores.add(q.matmul(key.bias().unsqueeze(-1)));
  }

  /** How far the value is from the identity: the sum of squares. */
  Tensor distance() {
    Tensor v = value == null ? Tensors.eye(1) : value;
    return v.sub(Tensors.eye(v.size(0))).square().sum();
  }
}
