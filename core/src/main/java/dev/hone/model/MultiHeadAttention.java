package dev.hone.model;

import dev.hone.tensor.Functional;
import dev.hone.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Multi-head attention with grouped keys and values (arXiv:1706.03762, arXiv:2305.13245).
 *
 * @param layer index of the layer, for the cache
 * @param heads H
 * @param keyValueHeads divides H
 * @param headWidth D
 * @param dropout on the attention weights
 * @param scale of the scores; null means 1/sqrt(D)
 */
public record MultiHeadAttention(
    int layer,
    Qkv projection,
    Linear output,
    int heads,
    int keyValueHeads,
    int headWidth,
    double dropout,
    @Nullable Double scale)
    implements Attention {

  public MultiHeadAttention(
      int layer,
      Qkv projection,
      Linear output,
      int heads,
      int keyValueHeads,
      int headWidth,
      double dropout) {
    this(layer, projection, output, heads, keyValueHeads, headWidth, dropout, null);
  }

  @Override
  public Tensor forward(Tensor x, Frame frame, Pass pass) {
    long rows = x.size(0);
    long width = x.size(1);
    Tensor[] qkv = projection.apply(x, pass);
    Tensor q = split(qkv[0], heads);
    Tensor k = split(qkv[1], keyValueHeads);
    Tensor v = split(qkv[2], keyValueHeads);
    if (frame.angles() != null) {
      q = Rope.rotate(q, frame.angles());
      k = Rope.rotate(k, frame.angles());
    }
    if (pass.cache() != null) {
      Tensor[] all = pass.cache().append(layer, k, v);
      k = all[0];
      v = all[1];
    }
    Tensor mixed =
        Functional.scaledDotProductAttention(
            q, k, v, frame.mask(), pass.rate(dropout), frame.causal(), scale);
    Tensor joined = mixed.transpose(1, 2).reshape(rows, width, (long) heads * headWidth);
    return output.forward(joined, pass);
  }

  private Tensor split(Tensor x, int count) {
    return x.view(x.size(0), x.size(1), count, headWidth).transpose(1, 2);
  }
}
