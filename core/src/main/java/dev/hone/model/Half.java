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
      x = pass.behindPrompt(x, inputs);
    }
    if (positions != null) {
      Decoder.requireRoom(seen + width, maxPositions);
      Tensor place = Tensors.arange(offset + seen + width).narrow(0, offset + seen, width);
      x = x.add(positions.forward(place, pass));
    }
    if (embeddingNorm != null) {
      x = embeddingNorm.forward(x, pass);
    }
    return new Start(pass.dropout(x, dropout), frame(inputs, seen, pass).behind(begun.prefix()));
  }

  @Override
  public Tensor vectors(Tensor ids, Pass pass) {
    Tensor x = tokens.forward(ids, pass);
    return scale == 1 ? x : x.mul(scale);
  }

  /** A decoder's rows are padded on the right, where no earlier position looks. */
  private Frame frame(Inputs inputs, long seen, Pass pass) {
    long width = inputs.width();
    Tensor padding =
        causal || inputs.mask() == null
            ? null
            : inputs.mask().eq(0).unsqueeze(1).unsqueeze(1); // [B, 1, 1, S]
    if (relative == null && (seen == 0 || width == 1)) {
      return new Frame(padding == null ? null : padding.eq(0), causal && width > 1, null);
    }
    Sight.Mask mask =
        (from, count) -> {
          Tensor open = causal && width > 1 ? Masks.causal(seen + from, count, null) : null;
          if (relative == null) {
            return open;
          }
          // Has a gradient where the table of relative positions trains: see Frame.
          long keys = causal ? seen + from + count : seen + width;
          Tensor bias = relative.bias(seen + from, count, keys, pass);
          Tensor closed = open == null ? padding : open.eq(0);
          return closed == null ? bias : bias.maskedFill(closed, Double.NEGATIVE_INFINITY);
        };
    return Frame.of(new Sight(seen, causal, null, mask), width, null);
  }

  @Override
  public Tensor finish(Tensor hidden, Inputs inputs, Pass pass) {
    if (causal && pass.cache() != null) {
      pass.cache().advance(hidden.size(1));
    }
    return last == null ? hidden : pass.dropout(last.forward(hidden, pass), lastDropout);
  }
}
