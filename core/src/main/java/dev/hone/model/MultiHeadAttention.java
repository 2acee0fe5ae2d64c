package dev.hone.model;

import dev.hone.tensor.DType;
import dev.hone.tensor.Functional;
import dev.hone.tensor.QueryBlocks;
import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Multi-head attention with grouped keys and values (arXiv:1706.03762, arXiv:2305.13245).
 *
 * @param layer index of the layer, for the cache
 * @param heads H
 * @param keyValueHeads divides H
 * @param headWidth D
 * @param dropout on the attention weights
 * @param kind which of the stack's layer kinds this is
 * @param scale factor on the scores; null means 1/sqrt(D)
 * @param softCap bound of the scores, by tanh; 0 means none
 */
public record MultiHeadAttention(
    int layer,
    Qkv projection,
    Linear output,
    int heads,
    int keyValueHeads,
    int headWidth,
    double dropout,
    int kind,
    @Nullable Double scale,
    double softCap)
    implements Attention {

  public MultiHeadAttention(
      int layer,
      Qkv projection,
      Linear output,
      int heads,
      int keyValueHeads,
      int headWidth,
      double dropout) {
    this(layer, projection, output, heads, keyValueHeads, headWidth, dropout, 0, null, 0);
  }

  /** The same as a layer of another kind. */
  public MultiHeadAttention ofKind(int other) {
    return new MultiHeadAttention(
        layer, projection, output, heads, keyValueHeads, headWidth, dropout, other, scale, softCap);
  }

  /** The same with a factor of its own on the scores, and a bound where {@code cap} is not 0. */
  public MultiHeadAttention scaled(double factor, double cap) {
    return new MultiHeadAttention(
        layer, projection, output, heads, keyValueHeads, headWidth, dropout, kind, factor, cap);
  }

  @Override
  public Tensor forward(Tensor x, Frame frames, Pass pass) {
    Tensor mixed =
        frames.onRows(
            List.of(projection.apply(x, pass)), (qkv, own) -> mixed(qkv, own.of(kind), pass));
    return output.forward(mixed, pass);
  }

  /** Queries, keys and values [B, T, heads * D] to [B, T, H * D]. */
  private Tensor mixed(List<Tensor> qkv, Frame frame, Pass pass) {
    Tensor q = split(qkv.get(0), heads);
    Tensor k = split(qkv.get(1), keyValueHeads);
    Tensor v = split(qkv.get(2), keyValueHeads);
    if (frame.angles() != null) {
      q = frame.angles().turn(q);
      k = frame.angles().turn(k);
    }
    q = q.operand();
    k = k.operand(); // a cache holds them so
    v = v.operand();
    if (pass.cache() != null) {
      Tensor[] all = pass.cache().append(layer, k, v);
      k = all[0];
      v = all[1];
    } else if (frame.prefix() != null) {
      k = Tensors.cat(List.of(frame.prefix().keys(layer, k.size(0)), k), 2);
      v = Tensors.cat(List.of(frame.prefix().values(layer, v.size(0)), v), 2);
    }
    Tensor mixed = seen(q, k, v, frame, pass);
    return mixed.transpose(1, 2).reshape(q.size(0), q.size(2), (long) heads * headWidth);
  }

  private Tensor seen(Tensor q, Tensor k, Tensor v, Frame frame, Pass pass) {
    double rate = pass.rate(dropout);
    boolean capped = softCap != 0 && q.size(2) > QueryBlocks.SIZE;
    Sight sight = frame.sight();
    if (sight == null && !capped && !Sight.inParts(q, rate)) {
      return look(q, k, v, frame.mask(), frame.causal(), pass);
    }
    if (sight == null) {
      sight = frame.causal() ? Sight.ofCausal() : Sight.ofAll(frame.mask());
    }
    return sight.attention(
        q,
        k,
        v,
        rate > 0,
        (some, keys, values, mask) -> look(some, keys, values, mask, false, pass));
  }

  private Tensor look(
      Tensor q, Tensor k, Tensor v, @Nullable Tensor mask, boolean causal, Pass pass) {
    if (softCap == 0) {
      return Functional.scaledDotProductAttention(q, k, v, mask, pass.rate(dropout), causal, scale);
    }
    return capped(q, k, v, causal ? Masks.causal(0, q.size(2), null) : mask, pass);
  }

  /** What no fused kernel does: scores go through cap * tanh(score / cap). */
  private Tensor capped(Tensor q, Tensor k, Tensor v, @Nullable Tensor mask, Pass pass) {
    long rows = q.size(0);
    long width = q.size(2);
    long group = heads / keyValueHeads;
    Tensor grouped = q.reshape(rows, keyValueHeads, group * width, headWidth);
    double factor = scale == null ? 1 / Math.sqrt(headWidth) : scale;
    Tensor products = Functional.matmul(grouped, k.t()).to(DType.F32);
    Tensor scores = products.mul(factor / softCap).tanh().mul(softCap);
    scores = scores.view(rows, heads, width, k.size(2));
    if (mask != null) {
      scores = scores.maskedFill(mask.eq(0), Masks.FAR);
    }
    Tensor weights = pass.dropout(scores.softmax(-1), dropout);
    Tensor grouping = weights.view(rows, keyValueHeads, group * width, k.size(2));
    return Functional.matmul(grouping, v).view(rows, heads, width, headWidth);
  }

  private Tensor split(Tensor x, int count) {
    return x.view(x.size(0), x.size(1), count, headWidth).transpose(1, 2);
  }
}
