package dev.hone.model;

import dev.hone.error.HoneException;
import dev.hone.error.Nearest;
import dev.hone.tensor.Functional;
import dev.hone.tensor.Tensor;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.UnaryOperator;

/** Activation functions under the names that {@code config.json} uses. */
public enum Activation {
  SILU(Functional::silu),
  GELU(Functional::gelu),
  GELU_TANH(Functional::geluTanh),
  QUICK_GELU(x -> Functional.silu(x.mul(1.702)).mul(1 / 1.702)),
  RELU(Functional::relu),
  RELU2(x -> Functional.relu(x).square()),
  LEAKY_RELU(x -> Functional.relu(x).add(Functional.relu(x.neg()), -0.01)),
  TANH(Tensor::tanh);

  private static final Map<String, Activation> NAMES =
      Map.ofEntries(
          Map.entry("silu", SILU),
          Map.entry("swish", SILU),
          Map.entry("gelu", GELU),
          Map.entry("gelu_python", GELU),
          Map.entry("gelu_new", GELU_TANH),
          Map.entry("gelu_pytorch_tanh", GELU_TANH),
          Map.entry("gelu_python_tanh", GELU_TANH),
          Map.entry("gelu_accurate", GELU_TANH),
          Map.entry("gelu_fast", GELU_TANH),
          Map.entry("quick_gelu", QUICK_GELU),
          Map.entry("relu", RELU),
          Map.entry("relu2", RELU2),
          Map.entry("leaky_relu", LEAKY_RELU),
          Map.entry("leakyrelu", LEAKY_RELU),
          Map.entry("tanh", TANH));

  private final UnaryOperator<Tensor> function;

  Activation(UnaryOperator<Tensor> function) {
    this.function = function;
  }

  public static Activation named(String name) {
    return find(name)
        .orElseThrow(
            () ->
                new HoneException(
                    "config.json: unknown activation '"
                        + name
                        + "'"
                        + Nearest.hint(name, names())));
  }

  public static Optional<Activation> find(String name) {
    return Optional.ofNullable(NAMES.get(name));
  }

  /** The names that are known, in alphabetical order. */
  public static SortedSet<String> names() {
    return new TreeSet<>(NAMES.keySet());
  }

  public Tensor apply(Tensor x) {
    return function.apply(x);
  }

  /** activation(gate) * up. */
  Tensor gate(Tensor gate, Tensor up) {
    return this == SILU ? Functional.gatedSilu(gate, up) : apply(gate).mul(up);
  }
}
