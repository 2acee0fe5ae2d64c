package dev.hone.model;

import dev.hone.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/** An adapter that is another one but for what it overrides. */
public interface Wrapping extends Adapter {
  Adapter wrapped();

  @Override
  default Tensor linear(Linear at, Tensor x, Pass pass) {
    return wrapped().linear(at, x, pass);
  }

  @Override
  default Tensor embedding(Embedding at, Tensor ids, Pass pass) {
    return wrapped().embedding(at, ids, pass);
  }

  @Override
  default Tensor junction(Junction at, Tensor entry, Tensor made, Pass pass) {
    return wrapped().junction(at, entry, made, pass);
  }

  @Override
  default Tensor value(Parameter parameter) {
    return wrapped().value(parameter);
  }

  @Override
  default @Nullable VirtualTokens virtualTokens() {
    return wrapped().virtualTokens();
  }

  @Override
  default int taken() {
    return wrapped().taken();
  }
}
