package dev.hone.train;

import dev.hone.data.Batch;
import dev.hone.model.EncoderDecoder;
import dev.hone.model.Inputs;
import dev.hone.model.Model;
import dev.hone.model.Pairs;
import dev.hone.model.Pass;
import dev.hone.model.head.Seq2SeqLmHead;
import dev.hone.tensor.Functional;
import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * Writing one text having read another: the learned tokens of a row, given those that are not
 * learned. Logits are made only where a label is.
 */
public record Seq2SeqObjective() implements Objective {
  @Override
  public long count(Batch batch) {
    return batch.learnedTokens();
  }

  @Override
  public Tensor lossSum(Model model, Pass pass, Batch batch, double smoothing) {
    EncoderDecoder backbone = (EncoderDecoder) model.backbone();
    Pairs pairs = Pairs.of(batch, backbone.pad());
    Inputs inputs = pairs.inputs(backbone);
    Tensor hidden = backbone.forward(inputs, pass);
    long[] places =
        IntStream.range(0, pairs.labels().length)
            .filter(i -> pairs.labels()[i] != Batch.IGNORE)
            .asLongStream()
            .toArray();
    long[] labels = LongStream.of(places).map(i -> pairs.labels()[(int) i]).toArray();
    Tensor rows =
        hidden.reshape(-1, backbone.hiddenSize()).indexSelect(0, Tensors.of(places, places.length));
    return Functional.crossEntropySum(
        ((Seq2SeqLmHead) model.head()).logits(rows, pass),
        Tensors.of(labels, labels.length),
        smoothing);
  }
}
