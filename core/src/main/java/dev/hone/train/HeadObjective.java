package dev.hone.train;

import dev.hone.data.Batch;
import dev.hone.data.Target;
import dev.hone.model.Inputs;
import dev.hone.model.Model;
import dev.hone.model.Pass;
import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * What a head itself takes for its loss: a class a token, the ends of an answer, numbers, or the
 * right one of several choices. Counted over labelled tokens, or else over rows.
 */
public record HeadObjective() implements Objective {
  @Override
  public long count(Batch batch) {
    return batch.targets().getFirst() instanceof Target.Tokens
        ? batch.learnedTokens()
        : batch.rows() / batch.sides();
  }

  @Override
  public Tensor lossSum(Model model, Pass pass, Batch batch, double smoothing) {
    Tensor logits = logits(model, pass, batch);
    if (batch.targets().getFirst() instanceof Target.Span) {
      // An answer begins and ends in the row. Transformers gives padding a share of the softmax, so
      // that a row's loss depends on the rows beside it.
      Tensor real = Tensors.of(batch.mask(), batch.rows(), batch.width());
      logits = logits.maskedFill(real.eq(0).unsqueeze(-1), Double.NEGATIVE_INFINITY);
    }
    return model.head().loss(logits, labels(batch)).mul((double) count(batch));
  }

  /**
   * What a head says of the rows alone: without the positions of a soft prompt.
   *
   * @return [B, K], [B, T, K], or [questions, choices]
   */
  public static Tensor logits(Model model, Pass pass, Batch batch) {
    Inputs inputs = Inputs.of(batch).choosing(batch.sides());
    Tensor logits = model.logits(inputs, pass);
    return logits.rank() < 3
        ? logits
        : logits.narrow(1, logits.size(1) - batch.width(), batch.width());
  }

  private static Tensor labels(Batch batch) {
    List<@Nullable Target> targets = batch.targets();
    int rows = batch.rows();
    return switch (targets.getFirst()) {
      case Target.Tokens t -> Tensors.of(batch.labels(), rows, batch.width());
      case Target.Span s -> {
        long[] ends = new long[2 * rows];
        for (int r = 0; r < rows; r++) {
          Target.Span span = (Target.Span) Objects.requireNonNull(targets.get(r));
          ends[2 * r] = span.first();
          ends[2 * r + 1] = span.last();
        }
        yield Tensors.of(ends, rows, 2);
      }
      case Target.Numbers n -> {
        int width = n.values().length;
        float[] all = new float[rows * width];
        for (int r = 0; r < rows; r++) {
          float[] own = ((Target.Numbers) Objects.requireNonNull(targets.get(r))).values();
          System.arraycopy(own, 0, all, r * width, width);
        }
        yield Tensors.of(all, rows, width);
      }
      case null -> {
        int sides = batch.sides();
        long[] right =
            IntStream.range(0, rows / sides).mapToLong(q -> batch.classes()[q * sides]).toArray();
        yield Tensors.of(right, right.length);
      }
    };
  }
}
