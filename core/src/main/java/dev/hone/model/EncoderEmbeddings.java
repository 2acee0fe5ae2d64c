package dev.hone.model;

import dev.hone.tensor.DType;
import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What an encoder's first layer is given: the sum of tokens, places and segments, normalised.
 *
 * @param positions learned positions, or null
 * @param uncounted the id of the padding, which takes no place: the first other token stands at
 *     {@code uncounted + 1} (RoBERTa); -1 where every token is counted, from 0
 * @param tokenTypes segment vectors, or null
 * @param widened to the width of the layers before the norm, or null (DeBERTa)
 * @param blank whether padding becomes zeros after the norm (DeBERTa)
 * @param mapped to the width of the layers after the norm, or null (ALBERT, ELECTRA)
 */
public record EncoderEmbeddings(
    Embedding tokens,
    @Nullable Embedding positions,
    long uncounted,
    @Nullable Embedding tokenTypes,
    @Nullable Linear widened,
    Norm norm,
    boolean blank,
    double dropout,
    @Nullable Linear mapped) {

  /**
   * @param seen positions before those of the inputs
   */
  Tensor forward(Inputs inputs, long seen, Pass pass) {
    Tensor x = pass.behindPrompt(tokens.forward(inputs.ids(), pass), inputs);
    if (positions != null) {
      x = x.add(positions.forward(places(inputs, seen), pass));
    }
    if (tokenTypes != null) {
      Tensor types =
          inputs.tokenTypes() != null
              ? inputs.tokenTypes()
              : Tensors.zeros(DType.I64, inputs.rows(), inputs.width());
      x = x.add(tokenTypes.forward(types, pass));
    }
    if (widened != null) {
      x = widened.forward(x, pass);
    }
    x = norm.forward(x, pass);
    if (blank && inputs.mask() != null) {
      x = x.mul(inputs.mask().to(DType.F32).unsqueeze(-1));
    }
    x = pass.dropout(x, dropout);
    return mapped == null ? x : mapped.forward(x, pass);
  }

  private Tensor places(Inputs inputs, long seen) {
    if (inputs.positions() != null) {
      return inputs.positions().add(uncounted + 1);
    }
    if (uncounted < 0) {
      return Tensors.arange(seen + inputs.width()).narrow(0, seen, inputs.width());
    }
    Tensor counted = inputs.ids().eq(uncounted).to(DType.I64).neg().add(1);
    if (inputs.prompt() > 0) {
      Tensor prompt = Tensors.zeros(DType.I64, inputs.rows(), inputs.prompt()).add(1);
      counted = Tensors.cat(List.of(prompt, counted), 1);
    }
    return counted.cumsum(1).add(seen).mul(counted).add(uncounted);
  }
}
