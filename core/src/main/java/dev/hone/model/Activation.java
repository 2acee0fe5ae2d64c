package dev.hone.model;

import dev.hone.error.HoneException;
import dev.hone.error.Nearest;
import dev.hone.tensor.Functional;
import dev.hone.tensor.Tensor;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.UnaryOperator;

/** Activation functions under the names that {@code config.json} uses. */
public enum Activation {
  SILU(Functional::silu),
  GELU(Functional::gelu),
  GELU_TANH(Functional::geluTanh),
  RELU(Functional::relu),
  TANH(Tensor::tanh);

  private static final Map<String, Activation> NAMES =
      Map.of(
          "silu", SILU,
          "swish", SILU,
          "gelu", GELU,
          "gelu_new", GELU_TANH,
          "gelu_pytorch_tanh", GELU_TANH,
          "gelu_fast", GELU_TANH,
          "relu", RELU,
          "tanh", TANH);

  private final UnaryOperator<Tensor> function;

  Activation(UnaryOperator<Tensor> function) {
    this.function = function;
  }

  public static Activation named(String name) {
    Activation found = NAMES.get(name);
    if (found == null) {
      throw new HoneException(
          "config.json: unknown activation '"
              + name
              + "'"
              + Nearest.hint(name, new TreeSet<>(NAMES.keySet())));
    }
    return found;
  }

  public Tensor apply(Tensor x) {
    return function.apply(x);
  }
}
