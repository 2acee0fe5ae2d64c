package dev.hone.model.head;

import dev.hone.model.Head;
import dev.hone.model.Inputs;
import dev.hone.model.Linear;
import dev.hone.model.Pass;
import dev.hone.tensor.Functional;
import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import org.jspecify.annotations.Nullable;

/**
 * Where in the row an answer begins and ends: logits [B, T, 2], of the first and the last token.
 *
 * @param transform before the output, or null
 * @param output to two numbers a token
 */
public record QuestionAnswering(@Nullable Transform transform, double dropout, Linear output)
    implements Head {
  @Override
  public Tensor logits(Tensor hidden, Inputs inputs, Pass pass) {
    Tensor x = transform == null ? hidden : transform.forward(hidden, pass);
    return output.forward(dropout > 0 ? pass.dropout(x, dropout) : x, pass);
  }

  /**
   * The mean of both ends' cross-entropies over the T positions.
   *
   * @param labels I64[B, 2]: positions of the first and the last token; beyond the row they do not
   *     count, below 0 they mean its first token
   */
  @Override
  public Tensor loss(Tensor logits, Tensor labels) {
    long width = logits.size(1);
    long[] places = labels.toLongs();
    for (int i = 0; i < places.length; i++) {
      places[i] = places[i] >= width ? -100 : Math.max(0, places[i]);
    }
    Tensor ends = Tensors.of(places, labels.shape());
    Tensor first = Functional.crossEntropyMean(logits.select(2, 0), ends.select(1, 0));
    Tensor last = Functional.crossEntropyMean(logits.select(2, 1), ends.select(1, 1));
    return first.add(last).mul(0.5);
  }
}
