package dev.hone.train;

import dev.hone.method.Method;
import dev.hone.model.Adapter;
import dev.hone.model.Embedding;
import dev.hone.model.Junction;
import dev.hone.model.Linear;
import dev.hone.model.Parameter;
import dev.hone.model.Pass;
import dev.hone.model.VirtualTokens;
import dev.hone.tensor.Tape;
import dev.hone.tensor.Tensor;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A method in a pass that tells, on the way back, when the gradient of a weight is whole. It knows
 * the weights that the method puts in the place of the model's own; nothing is told of others.
 *
 * @param trained what the method trains
 * @param whole is given the name
 */
record GradientWatch(Method method, Map<String, Tensor> trained, Consumer<String> whole)
    implements Adapter {
  @Override
  public Tensor value(Parameter parameter) {
    Tensor value = method.value(parameter);
    if (trained.get(parameter.name()) == value) {
      Tape.whenDone(value, () -> whole.accept(parameter.name()));
    }
    return value;
  }

  @Override
  public Tensor linear(Linear at, Tensor x, Pass pass) {
    return method.linear(at, x, pass);
  }

  @Override
  public Tensor embedding(Embedding at, Tensor ids, Pass pass) {
    return method.embedding(at, ids, pass);
  }

  @Override
  public Tensor junction(Junction at, Tensor entry, Tensor made, Pass pass) {
    return method.junction(at, entry, made, pass);
  }

  @Override
  public @Nullable VirtualTokens virtualTokens() {
    return method.virtualTokens();
  }

  @Override
  public int taken() {
    return method.taken();
  }
}
