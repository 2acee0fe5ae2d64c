package dev.hone.train;

import dev.hone.data.Batch;
import dev.hone.model.Inputs;
import dev.hone.model.Model;
import dev.hone.model.Pass;
import dev.hone.tensor.Functional;
import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import java.util.stream.IntStream;

/** Finding hidden words. Logits are made only where one is hidden. */
public record MaskedLmObjective() implements Objective {
  @Override
  public long count(Batch batch) {
    return batch.learnedTokens();
  }

  @Override
  public Tensor lossSum(Model model, Pass pass, Batch batch, double smoothing) {
    Inputs inputs = Inputs.of(batch);
    long[] places =
        IntStream.range(0, batch.labels().length)
            .filter(i -> batch.labels()[i] != Batch.IGNORE)
            .asLongStream()
            .toArray();
    long[] labels =
        IntStream.range(0, places.length).mapToLong(i -> batch.labels()[(int) places[i]]).toArray();
    Tensor hidden =
        model
            .backbone()
            .forward(inputs, pass)
            .reshape(-1, model.backbone().hiddenSize())
            .indexSelect(0, Tensors.of(places, places.length));
    return Functional.crossEntropySum(
        model.head().logits(hidden, inputs, pass), Tensors.of(labels, labels.length), smoothing);
  }
}
