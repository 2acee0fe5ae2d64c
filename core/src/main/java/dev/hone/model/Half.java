package dev.hone.model;

import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One side of an encoder-decoder; a family chooses its parts.
 *
 * @param scale of the token vectors
 * @param positions learned positions, or null
 * @param offset rows of {@code positions} before that of the first position
 * @param relative positions as a part of the scores, or null
 * @param embeddingNorm over the sum of the embeddings, or null
 * @param last norm after the layers, or null
 * @param dropout after the embeddings
 * @param lastDropout after the last norm
 * @param causal whether it is the decoder
 */
public record Half(
    Embedding tokens,
    double scale,
    @Nullable Embedding positions,
    int offset,
    @Nullable RelativePositions relative,
    @Nullable Norm embeddingNorm,
    List<Block> blocks,
    @Nullable Norm last,
    double dropout,
    double lastDropout,
    boolean causal,
    int hiddenSize,
    int maxPositions)
    implements Stack {

  /** Without the memory: {@link EncoderDecoder#begin} adds it for a decoder. */
  @Override
  public Start begin(Inputs given, Pass pass) {
    VirtualTokens own = pass.virtualTokens();
    boolean prompted = !causal && own instanceof VirtualTokens.Prompt;
    boolean prefixed = causal && own instanceof VirtualTokens.Prefix;
    Beginning begun = Beginning.of(given, pass, prompted || prefixed ? own : null);
    Inputs inputs = begun.inputs();
    long seen = begun.seen();
    long width = inputs.width();
    Tensor x = vectors(inputs.ids(), pass);
    if (prompted) {
      x = pass.behindPrompt(x);
    }
    if (positions != null) {
      Decoder.requireRoom(seen + width, maxPositions);
      Tensor place = Tensors.arange(offset + seen + width).narrow(0, offset + seen, width);
      x = x.add(positions.forward(place, pass));
    }
    if (embeddingNorm != null) {
      x = embeddingNorm.forward(x, pass);
    }
    boolean triangle = causal && width > 1;
    boolean plain = relative == null && seen == 0;
    return new Start(
        pass.dropout(x, dropout),
        new Frame(mask(inputs, seen, triangle && !plain, pass), triangle && plain, null)
            .behind(begun.prefix()));
  }

  @Override
  public Tensor vectors(Tensor ids, Pass pass) {
    Tensor x = tokens.forward(ids, pass);
    return scale == 1 ? x : x.mul(scale);
  }

  /** A decoder's rows are padded on the right, where no earlier position looks. */
  private @Nullable Tensor mask(Inputs inputs, long seen, boolean triangle, Pass pass) {
    long width = inputs.width();
    Tensor closed = null;
    if (triangle) {
      Tensor columns = Tensors.arange(seen + width).unsqueeze(0);
      Tensor rows = Tensors.arange(seen + width).narrow(0, seen, width).unsqueeze(1);
      closed = columns.gt(rows); // [T, S]: true where column > row
    } else if (!causal && inputs.mask() != null) {
      closed = inputs.mask().eq(0).unsqueeze(1).unsqueeze(1); // [B, 1, 1, S]
    }
    if (relative == null) {
      return closed == null ? null : closed.eq(0);
    }
    // Has a gradient where the table of relative positions trains: see Frame.
    Tensor bias = relative.bias(seen, width, pass);
    return closed == null ? bias : bias.maskedFill(closed, Double.NEGATIVE_INFINITY);
  }

  @Override
  public Tensor finish(Tensor hidden, Inputs inputs, Pass pass) {
    if (causal && pass.cache() != null) {
      pass.cache().advance(hidden.size(1));
    }
    return last == null ? hidden : pass.dropout(last.forward(hidden, pass), lastDropout);
  }
}
