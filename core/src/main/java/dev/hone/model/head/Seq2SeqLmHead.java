package dev.hone.model.head;

import dev.hone.model.Inputs;
import dev.hone.model.Linear;
import dev.hone.model.Parameter;
import dev.hone.model.Pass;
import dev.hone.tensor.Functional;
import dev.hone.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The next token of an encoder-decoder: hidden [..., C] to logits [..., V].
 *
 * @param scale of the hidden states
 * @param bias [1, V], or null
 */
public record Seq2SeqLmHead(Linear output, double scale, @Nullable Parameter bias)
    implements TextHead {
  @Override
  public Tensor logits(Tensor hidden, Inputs inputs, Pass pass) {
    return logits(hidden, pass);
  }

  @Override
  public Tensor logits(Tensor hidden, Pass pass) {
    Tensor logits = output.forward(scale == 1 ? hidden : hidden.mul(scale), pass);
    return bias == null ? logits : logits.add(pass.value(bias));
  }

  @Override
  public List<Parameter> words() {
    List<Parameter> words = new ArrayList<>(output.parameters());
    if (bias != null) {
      words.add(bias);
    }
    return words;
  }

  /** Labels I64[B, T], not shifted: what the decoder reads is. */
  @Override
  public Tensor loss(Tensor logits, Tensor labels) {
    return Functional.crossEntropyMean(logits.reshape(-1, logits.size(2)), labels.reshape(-1));
  }
}
