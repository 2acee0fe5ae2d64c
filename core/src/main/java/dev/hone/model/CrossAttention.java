package dev.hone.model;

import dev.hone.error.HoneException;
import dev.hone.tensor.Functional;
import dev.hone.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * How the positions of a decoder look at what the encoder has left (arXiv:1706.03762). With a cache
 * the encoder's keys and values are made once.
 *
 * @param layer index of the decoder's layer, for the cache
 * @param heads H
 * @param headWidth D
 * @param scale of the scores; null means 1/sqrt(D)
 * @param dropout on the attention weights
 */
public record CrossAttention(
    int layer,
    Linear q,
    Linear k,
    Linear v,
    Linear output,
    int heads,
    int headWidth,
    @Nullable Double scale,
    double dropout)
    implements Attention {

  @Override
  public Tensor forward(Tensor x, Frame frame, Pass pass) {
    Memory memory = frame.memory();
    if (memory == null) {
      throw new HoneException("a decoder with cross-attention was run without its encoder");
    }
    Tensor[] seen =
        pass.cache() == null
            ? keysAndValues(memory, pass)
            : pass.cache().crossed(layer, () -> keysAndValues(memory, pass));
    Tensor queries = split(q.forward(x, pass));
    double rate = pass.rate(dropout);
    Sight.Look look =
        (some, keys, values, mask) ->
            Functional.scaledDotProductAttention(some, keys, values, mask, rate, false, scale);
    Tensor mixed =
        Sight.inParts(queries, rate)
            ? Sight.ofAll(memory.mask()).attention(queries, seen[0], seen[1], true, look)
            : look.at(queries, seen[0], seen[1], memory.mask());
    Tensor joined = mixed.transpose(1, 2).reshape(x.size(0), x.size(1), (long) heads * headWidth);
    return output.forward(joined, pass);
  }

  private Tensor[] keysAndValues(Memory memory, Pass pass) {
    return new Tensor[] {
      split(k.forward(memory.hidden(), pass)), split(v.forward(memory.hidden(), pass))
    };
  }

  private Tensor split(Tensor x) {
    return x.view(x.size(0), x.size(1), heads, headWidth).transpose(1, 2);
  }
}
