package dev.hone.model;

import dev.hone.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * How token ids become what the first layer is given.
 *
 * @param tokens [V, C], or [V, E] where there is a projection
 * @param scale factor on the token vectors, which a soft prompt is put before (Gemma)
 * @param factor on both of them (Granite)
 * @param projection E to C, or null
 * @param positions learned positions, or null
 * @param offset rows of the position table before position 0 (OPT has 2)
 * @param norm over the sum, or null
 */
public record Embeddings(
    Embedding tokens,
    double scale,
    double factor,
    @Nullable Linear projection,
    @Nullable Embedding positions,
    int offset,
    @Nullable Norm norm,
    double dropout) {

  /** Token vectors alone. */
  public static Embeddings of(Embedding tokens, double scale, double dropout) {
    return new Embeddings(tokens, scale, 1, null, null, 0, null, dropout);
  }

  /** Token vectors and learned positions. */
  public static Embeddings of(Embedding tokens, Embedding positions, double dropout) {
    return new Embeddings(tokens, 1, 1, null, positions, 0, null, dropout);
  }

  /** Token vectors alone, with one factor on them and on a soft prompt. */
  public static Embeddings multiplied(Embedding tokens, double factor) {
    return new Embeddings(tokens, 1, factor, null, null, 0, null, 0);
  }

  /** ids I64[...] to [..., E]. */
  Tensor vectors(Tensor ids, Pass pass) {
    Tensor x = tokens.forward(ids, pass);
    return scale == 1 ? x : x.mul(scale);
  }

  /**
   * @param places I64[T] or I64[B, T]
   * @return [B, T, C]
   */
  Tensor forward(Inputs inputs, Tensor places, Pass pass) {
    Tensor x = pass.behindPrompt(vectors(inputs.ids(), pass), inputs);
    if (factor != 1) {
      x = x.mul(factor);
    }
    if (projection != null) {
      x = projection.forward(x, pass);
    }
    if (positions != null) {
      x = x.add(positions.forward(offset == 0 ? places : places.add(offset), pass));
    }
    if (norm != null) {
      x = norm.forward(x, pass);
    }
    return pass.dropout(x, dropout);
  }
}
