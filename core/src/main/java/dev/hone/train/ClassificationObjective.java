package dev.hone.train;

import dev.hone.data.Batch;
import dev.hone.error.HoneException;
import dev.hone.model.Inputs;
import dev.hone.model.Model;
import dev.hone.model.Pass;
import dev.hone.tensor.Functional;
import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;

/** The class of a row, by a classification head. */
public record ClassificationObjective() implements Objective {
  @Override
  public long count(Batch batch) {
    return batch.rows();
  }

  @Override
  public Tensor lossSum(Model model, Pass pass, Batch batch, double smoothing) {
    Tensor logits = model.logits(Inputs.of(batch), pass);
    for (int row = 0; row < batch.rows(); row++) {
      long label = batch.classes()[row];
      if (label < 0 || label >= logits.size(1)) {
        throw new HoneException(
            batch.origins().get(row)
                + ": has the label "
                + label
                + ", expected 0 to "
                + (logits.size(1) - 1));
      }
    }
    return Functional.crossEntropySum(logits, Tensors.of(batch.classes(), batch.rows()), smoothing);
  }
}
