package dev.hone.model;

import dev.hone.tensor.Scope;
import dev.hone.tensor.Tensors;

/** Parameters from the engine's seeded random numbers: where training from scratch starts. */
public final class RandomWeights implements Weights {
  /** The Hugging Face default, {@code initializer_range}. */
  static final double STD = 0.02;

  private final double std;

  /**
   * @param std standard deviation of the matrices
   */
  public RandomWeights(double std) {
    this.std = std;
  }

  @Override
  public boolean has(String name) {
    return false;
  }

  @Override
  public Parameter parameter(String name, Init init, long... shape) {
    return make(name, init, std, shape);
  }

  static Parameter make(String name, Init init, double std, long... shape) {
    try (Scope scope = Scope.open()) {
      return new Parameter(
          name,
          switch (init) {
            case NORMAL -> Tensors.normal(0, std, shape).keep();
            case ONES -> Tensors.ones(shape).keep();
            case ZEROS -> Tensors.zeros(shape).keep();
          });
    }
  }
}
