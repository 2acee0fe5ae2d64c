package dev.hone.model.head;

import dev.hone.model.Head;
import dev.hone.model.Inputs;
import dev.hone.model.Linear;
import dev.hone.model.Parameter;
import dev.hone.model.Pass;
import dev.hone.tensor.Functional;
import dev.hone.tensor.Tensor;
import java.util.List;

/**
 * The word behind a mask (BERT): a transform, then the matrix of words with its bias: [B, T, V].
 */
public record MaskedLmHead(Transform transform, Linear decoder) implements Head {
  @Override
  public Tensor logits(Tensor hidden, Inputs inputs, Pass pass) {
    return decoder.forward(transform.forward(hidden, pass), pass);
  }

  @Override
  public List<Parameter> words() {
    return decoder.parameters();
  }

  /** Labels I64[B, T], not shifted. */
  @Override
  public Tensor loss(Tensor logits, Tensor labels) {
    return Functional.crossEntropyMean(logits.reshape(-1, logits.size(2)), labels.reshape(-1));
  }
}
