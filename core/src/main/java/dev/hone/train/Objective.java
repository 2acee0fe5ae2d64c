package dev.hone.train;

import dev.hone.data.Batch;
import dev.hone.data.TokenRow;
import dev.hone.model.Adapter;
import dev.hone.model.Model;
import dev.hone.model.Pass;
import dev.hone.tensor.Tape;
import dev.hone.tensor.Tensor;
import java.util.List;
import java.util.Map;

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

  /**
   * This objective for rows that are taken in parts: it knows what only all of them together tell,
   * so that parts of any size add up to the same.
   *
   * @param part how many rows are computed at once
   */
  default Objective over(Model model, Adapter adapter, List<TokenRow> rows, int part, long padId) {
    return this;
  }

  /** What the parts have shown beside the loss, by the names of the log. */
  default Map<String, Double> measures() {
    return Map.of();
  }

  /**
   * What goes over from step to step, which a checkpoint must hold so that a run resumes exactly;
   * belongs to the open scope.
   */
  default Map<String, Tensor> state() {
    return Map.of();
  }

  /** Takes up where {@link #state()} was taken. */
  default void restore(Map<String, Tensor> state) {}

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
