package dev.hone.model.head;

import dev.hone.model.Inputs;
import dev.hone.model.Linear;
import dev.hone.model.Parameter;
import dev.hone.model.Pass;
import dev.hone.tensor.Functional;
import dev.hone.tensor.Tensor;
import java.util.List;

/**
 * Next-token prediction: hidden [..., C] to logits [..., V].
 *
 * @param divisor of the logits (Granite), 1 for most
 * @param softCap bound of the logits, by tanh (Gemma 2); 0 means none
 */
public record LmHead(Linear output, double divisor, double softCap) implements TextHead {

  public LmHead(Linear output) {
    this(output, 1, 0);
  }

  @Override
  public Tensor logits(Tensor hidden, Inputs inputs, Pass pass) {
    return logits(hidden, pass);
  }

  @Override
  public Tensor logits(Tensor hidden, Pass pass) {
    return shaped(output.forward(hidden, pass));
  }

  @Override
  public List<Parameter> words() {
    return output.parameters();
  }

  /** What becomes of the linear's numbers. */
  public Tensor shaped(Tensor logits) {
    Tensor divided = divisor == 1 ? logits : logits.mul(1 / divisor);
    return softCap == 0 ? divided : divided.mul(1 / softCap).tanh().mul(softCap);
  }

  /** Position t is scored against label t+1; labels I64[B, T]. */
  @Override
  public Tensor loss(Tensor logits, Tensor labels) {
    long width = logits.size(1);
    Tensor predictions = logits.narrow(1, 0, width - 1);
    return Functional.crossEntropyMean(
        predictions.reshape(-1, logits.size(2)), labels.narrow(1, 1, width - 1).reshape(-1));
  }
}
