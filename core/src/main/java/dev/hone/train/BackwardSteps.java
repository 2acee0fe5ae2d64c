package dev.hone.train;

import dev.hone.method.Method;
import dev.hone.model.Adapter;
import dev.hone.tensor.Gradients;
import dev.hone.tensor.Tensor;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;

/**
 * The optimiser's step within the backward pass: a weight moves as soon as its gradient is whole,
 * and the gradient goes at once, so that there are never gradients for all of them (as in LOMO,
 * arXiv:2306.09782). What moves nothing here is left to the end of the step.
 */
final class BackwardSteps {
  private final GradientWatch watch;
  private final Map<String, Tensor> trained;
  private final AdamW optimizer;
  private final double rate;
  private final Supplier<RuntimeException> notFinite;
  private double squares;
  private boolean moved;

  /**
   * @param notFinite what is thrown before a gradient that is not finite moves anything
   */
  BackwardSteps(Method method, AdamW optimizer, double rate, Supplier<RuntimeException> notFinite) {
    this.trained = method.trainable();
    this.watch = new GradientWatch(method, trained, this::step);
    this.optimizer = optimizer;
    this.rate = rate;
    this.notFinite = notFinite;
  }

  /** Stands for the method in the last micro-batch of a step. */
  Adapter adapter() {
    return watch;
  }

  private void step(String name) {
    double norm = Gradients.norm(List.of(Objects.requireNonNull(trained.get(name))));
    if (!Double.isFinite(norm)) {
      throw notFinite.get();
    }
    squares += norm * norm;
    moved = true;
    optimizer.step(name, rate);
  }

  /** Whether the step cannot be done again from its beginning. */
  boolean moved() {
    return moved;
  }

  /** Sum of the squares of all gradients that are gone. */
  double squares() {
    return squares;
  }
}
