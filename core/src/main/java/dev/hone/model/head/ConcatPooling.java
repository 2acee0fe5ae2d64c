package dev.hone.model.head;

import dev.hone.model.BatchNorm;
import dev.hone.model.Head;
import dev.hone.model.Inputs;
import dev.hone.model.Linear;
import dev.hone.model.Pass;
import dev.hone.model.Recurrent;
import dev.hone.tensor.Functional;
import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import java.util.Arrays;
import java.util.List;

/**
 * A class for a row by what a recurrent model remembers at its end, beside the maximum and the mean
 * over its positions (ULMFiT, arXiv:1801.06146): logits [B, K] through two blocks of batch norm,
 * dropout and a linear.
 *
 * @param backbone says which positions of a long row count
 * @param pooledNorm over [B, 3C]
 * @param dropout after the first norm
 * @param dense 3C to the inner width
 * @param innerDropout after the second norm
 */
public record ConcatPooling(
    Recurrent backbone,
    BatchNorm pooledNorm,
    double dropout,
    Linear dense,
    BatchNorm denseNorm,
    double innerDropout,
    Linear out,
    ProblemType problem)
    implements Head {

  @Override
  public Tensor logits(Tensor hidden, Inputs inputs, Pass pass) {
    Tensor x = pass.dropout(pooledNorm.forward(pooled(hidden, inputs), pass), dropout);
    x = Functional.relu(dense.forward(x, pass));
    x = pass.dropout(denseNorm.forward(x, pass), innerDropout);
    return out.forward(x, pass);
  }

  /** hidden [B, T, C] to [B, 3C]: last, maximum, mean. */
  private Tensor pooled(Tensor hidden, Inputs inputs) {
    int rows = Math.toIntExact(hidden.size(0));
    int width = Math.toIntExact(hidden.size(1));
    long[] mask = new long[rows * width];
    Arrays.fill(mask, 1);
    if (inputs.mask() != null) {
      mask = inputs.mask().toLongs();
    }
    float[] counted = new float[rows * width];
    float[] shares = new float[rows];
    long[] last = new long[rows];
    for (int row = 0; row < rows; row++) {
      int length = 0;
      for (int t = 0; t < width; t++) {
        length += (int) mask[row * width + t];
      }
      long first = backbone.firstPooled(length);
      int place = 0;
      for (int t = 0; t < width; t++) {
        int at = row * width + t;
        if (mask[at] == 1) {
          counted[at] = place++ >= first ? 1 : 0;
          last[row] = at;
        }
      }
      shares[row] = 1f / Math.max(1, length - first);
    }
    Tensor counts = Tensors.of(counted, rows, width, 1);
    return Tensors.cat(
        List.of(
            hidden.reshape((long) rows * width, -1).indexSelect(0, Tensors.of(last, rows)),
            hidden.maskedFill(counts.eq(0), Double.NEGATIVE_INFINITY).max(1),
            hidden.mul(counts).sum(1).mul(Tensors.of(shares, rows, 1))),
        1);
  }

  @Override
  public Tensor loss(Tensor logits, Tensor labels) {
    return problem.loss(logits, labels);
  }

  @Override
  public boolean mixesRows() {
    return true;
  }
}
