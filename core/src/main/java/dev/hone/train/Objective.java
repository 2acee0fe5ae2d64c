package dev.hone.train;

import dev.hone.data.Batch;
import dev.hone.model.Model;
import dev.hone.model.Pass;
import dev.hone.tensor.Tensor;

/** What a run makes smaller. */
public interface Objective {
  /** How many things the loss of this batch is counted over. */
  long count(Batch batch);

  /**
   * The loss summed over those things, so that micro-batches of any size add up to the same.
   *
   * @param smoothing label smoothing
   * @return a scalar
   */
  Tensor lossSum(Model model, Pass pass, Batch batch, double smoothing);
}
