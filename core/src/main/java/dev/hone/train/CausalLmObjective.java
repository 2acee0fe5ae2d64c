package dev.hone.train;

import dev.hone.data.Batch;
import dev.hone.model.Inputs;
import dev.hone.model.Model;
import dev.hone.model.Pass;
import dev.hone.model.head.LmHead;
import dev.hone.tensor.Functional;
import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import java.util.stream.IntStream;

/** Next-token prediction on the learned tokens; logits are made only where a label is. */
public record CausalLmObjective() implements Objective {
  @Override
  public long count(Batch batch) {
    return batch.learnedTokens();
  }

  @Override
  public Tensor lossSum(Model model, Pass pass, Batch batch, double smoothing) {
    int[] learned =
        IntStream.range(0, batch.labels().length)
            .filter(i -> batch.labels()[i] != Batch.IGNORE)
            .toArray();
    Tensor hidden = model.backbone().forward(Inputs.of(batch), pass);
    // The state that predicts position t stands at t-1; a row's first token is never a label.
    long[] before = IntStream.of(learned).mapToLong(i -> i - 1).toArray();
    long[] labels = IntStream.of(learned).mapToLong(i -> batch.labels()[i]).toArray();
    Tensor rows =
        hidden
            .reshape(-1, model.backbone().hiddenSize())
            .indexSelect(0, Tensors.of(before, before.length));
    return Functional.crossEntropySum(
        ((LmHead) model.head()).logits(rows, pass), Tensors.of(labels, labels.length), smoothing);
  }
}
