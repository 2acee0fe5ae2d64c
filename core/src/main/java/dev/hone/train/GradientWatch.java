package dev.hone.train;

import dev.hone.model.Adapter;
import dev.hone.model.Parameter;
import dev.hone.model.Wrapping;
import dev.hone.tensor.Tape;
import dev.hone.tensor.Tensor;
import java.util.Map;
import java.util.function.Consumer;

/**
 * A method in a pass that tells, on the way back, when the gradient of a weight is whole. It knows
 * the weights that the method puts in the place of the model's own; nothing is told of others.
 *
 * @param wrapped the method
 * @param trained what it trains
 * @param whole is given the name
 */
record GradientWatch(Adapter wrapped, Map<String, Tensor> trained, Consumer<String> whole)
    implements Wrapping {
  @Override
  public Tensor value(Parameter parameter) {
    Tensor value = wrapped.value(parameter);
    if (trained.get(parameter.name()) == value) {
      Tape.whenDone(value, () -> whole.accept(parameter.name()));
    }
    return value;
  }
}
