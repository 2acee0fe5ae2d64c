package dev.hone.model;

import dev.hone.tensor.DType;
import dev.hone.tensor.Functional;
import dev.hone.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Attention whose scores are content to content, content to position and position to content
 * (DeBERTa, arXiv:2006.03654).
 *
 * @param positions distances, or null
 * @param positionKey keys of distances, for content to position; null without it
 * @param positionQuery queries of distances, for position to content; null without it
 * @param heads H
 * @param headWidth D
 * @param terms how many kinds of scores are summed: scores are divided by sqrt(D * terms)
 * @param dropout on the attention weights
 */
public record DisentangledAttention(
    Linear query,
    Linear key,
    Linear value,
    Linear output,
    @Nullable Distances positions,
    @Nullable Linear positionKey,
    @Nullable Linear positionQuery,
    int heads,
    int headWidth,
    int terms,
    double dropout)
    implements Attention {

  @Override
  public Tensor forward(Tensor x, Frame frame, Pass pass) {
    List<Tensor> qkv =
        List.of(query.forward(x, pass), key.forward(x, pass), value.forward(x, pass));
    return output.forward(frame.onRows(qkv, (own, rows) -> mixed(own, rows, pass)), pass);
  }

  /** Queries, keys and values to what the heads see, [B, T, C] each. */
  private Tensor mixed(List<Tensor> qkv, Frame frame, Pass pass) {
    Tensor q = split(qkv.get(0));
    Tensor k = split(qkv.get(1));
    Tensor v = split(qkv.get(2));
    double scale = 1 / Math.sqrt((double) headWidth * terms);
    Tensor scores = products(q.mul(scale), k);
    Tensor bias = bias(q, k, scale, pass);
    Tensor all = masked(bias == null ? scores : scores.add(bias), frame);
    Tensor mixed = Functional.matmul(pass.dropout(all.softmax(-1), dropout), v);
    return mixed.transpose(1, 2).reshape(qkv.getFirst().shape());
  }

  /** [B, H, T, T], or null without positions. */
  private @Nullable Tensor bias(Tensor q, Tensor k, double scale, Pass pass) {
    if (positions == null) {
      return null;
    }
    long width = q.size(2);
    Tensor vectors = positions.vectors(pass);
    Tensor bias = null;
    if (positionKey != null) {
      Tensor keys = ofDistances(positionKey, vectors, positions.falling(width), pass);
      bias = Distances.aligned(products(q.mul(scale), keys));
    }
    if (positionQuery != null) {
      Tensor queries = ofDistances(positionQuery, vectors, positions.rising(width), pass);
      // A row is a key here, so that the distance of (query, key) rises along it.
      Tensor toContent = Distances.aligned(products(k.mul(scale), queries)).t();
      bias = bias == null ? toContent : bias.add(toContent);
    }
    return bias;
  }

  /** Scores of all pairs, F32. */
  private static Tensor products(Tensor a, Tensor b) {
    return Functional.matmul(a, b.t()).to(DType.F32);
  }

  /** [H, 2T-1, D]. */
  private Tensor ofDistances(Linear projection, Tensor vectors, Tensor rows, Pass pass) {
    return projection
        .forward(vectors, pass)
        .indexSelect(0, rows)
        .view(rows.size(0), heads, headWidth)
        .transpose(0, 1);
  }

  /**
   * Padding neither looks nor is looked at, and sends no gradient. A finite number keeps its own
   * rows finite.
   */
  private static Tensor masked(Tensor scores, Frame frame) {
    if (frame.mask() == null) {
      return scores;
    }
    Tensor real = frame.mask(); // [B, 1, 1, T]
    return scores.maskedFill(real.and(real.t()).eq(0), Masks.FAR);
  }

  private Tensor split(Tensor x) {
    return x.view(x.size(0), x.size(1), heads, headWidth).transpose(1, 2);
  }
}
