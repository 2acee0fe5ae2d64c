package dev.hone.train;

import dev.hone.data.Batch;
import dev.hone.model.Model;
import dev.hone.model.Pass;
import dev.hone.tensor.Tape;
import dev.hone.tensor.Tensor;

/**
 * What a run makes smaller. Losses are summed over the things that {@link #count} counts, so that
 * micro-batches of any size add up to the same.
 */
public interface Objective {
  /** How many things the loss of this batch is counted over. */
  long count(Batch batch);

  /**
   * The loss as a scalar with its history.
   *
   * @param smoothing label smoothing
   */
  Tensor lossSum(Model model, Pass pass, Batch batch, double smoothing);

  /** The loss as a number, without a history. */
  default double value(Model model, Pass pass, Batch batch) {
    return lossSum(model, pass, batch, 0).item();
  }

  /**
   * Adds the gradient of {@code factor} times the loss to what trains.
   *
   * @return the loss
   */
  default double learn(Model model, Pass pass, Batch batch, double smoothing, double factor) {
    try (Tape tape = Tape.open()) {
      Tensor loss = lossSum(model, pass, batch, smoothing);
      tape.backward(loss.mul(factor));
      return loss.item();
    }
  }
}
