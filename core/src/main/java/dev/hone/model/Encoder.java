package dev.hone.model;

import dev.hone.tensor.DType;
import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A stack of layers that look both ways; a family chooses its parts.
 *
 * @param tokenTypes segment vectors, or null
 * @param embeddingNorm over the sum of the embeddings
 */
public record Encoder(
    Embedding tokens,
    Embedding positions,
    @Nullable Embedding tokenTypes,
    Norm embeddingNorm,
    List<Block> blocks,
    double dropout,
    int hiddenSize,
    int maxPositions)
    implements Stack {

  @Override
  public Start begin(Inputs inputs, Pass pass) {
    Decoder.requireRoom(inputs.width(), maxPositions);
    Tensor place = inputs.positions() != null ? inputs.positions() : Tensors.arange(inputs.width());
    Tensor x = tokens.forward(inputs.ids(), pass).add(positions.forward(place, pass));
    if (tokenTypes != null) {
      Tensor types =
          inputs.tokenTypes() != null
              ? inputs.tokenTypes()
              : Tensors.zeros(DType.I64, inputs.rows(), inputs.width());
      x = x.add(tokenTypes.forward(types, pass));
    }
    x = pass.dropout(embeddingNorm.forward(x, pass), dropout);
    Tensor mask = inputs.mask() == null ? null : inputs.mask().eq(1).unsqueeze(1).unsqueeze(1);
    return new Start(x, new Frame(mask, false, null));
  }

  @Override
  public Tensor finish(Tensor hidden, Inputs inputs, Pass pass) {
    return hidden;
  }
}
