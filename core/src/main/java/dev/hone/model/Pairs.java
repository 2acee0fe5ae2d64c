package dev.hone.model;

import dev.hone.data.Batch;
import dev.hone.tensor.Tensors;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A batch taken apart into what is read and what is to be written: a row's tokens that are not
 * learned, and those that are. Both sides are padded on the right.
 *
 * @param ids B*S
 * @param mask B*S, 1 on real tokens; null where every token is real
 * @param labels B*T, not shifted, -100 after a row's end
 * @param tasks that the rows belong to among several
 */
public record Pairs(
    int rows,
    int width,
    long[] ids,
    long @Nullable [] mask,
    int labelWidth,
    long[] labels,
    List<String> tasks) {

  public static Pairs of(Batch batch, long pad) {
    int rows = batch.rows();
    int[] read = new int[rows];
    int[] written = new int[rows];
    for (int i = 0; i < batch.mask().length; i++) {
      if (batch.mask()[i] == 1) {
        (learned(batch, i) ? written : read)[i / batch.width()]++;
      }
    }
    int width = Arrays.stream(read).max().orElse(0);
    int labelWidth = Arrays.stream(written).max().orElse(0);
    long[] ids = new long[rows * width];
    long[] mask = new long[rows * width];
    long[] labels = new long[rows * labelWidth];
    Arrays.fill(ids, pad);
    Arrays.fill(labels, Batch.IGNORE);
    for (int row = 0; row < rows; row++) {
      int id = row * width;
      int label = row * labelWidth;
      for (int i = row * batch.width(); i < (row + 1) * batch.width(); i++) {
        if (batch.mask()[i] == 1 && learned(batch, i)) {
          labels[label++] = batch.labels()[i];
        } else if (batch.mask()[i] == 1) {
          mask[id] = 1;
          ids[id++] = batch.ids()[i];
        }
      }
    }
    boolean padded = Arrays.stream(read).anyMatch(n -> n < width);
    return new Pairs(rows, width, ids, padded ? mask : null, labelWidth, labels, batch.tasks());
  }

  private static boolean learned(Batch batch, int at) {
    return batch.labels()[at] != Batch.IGNORE;
  }

  /** With the labels shifted right for the decoder. */
  public Inputs inputs(EncoderDecoder model) {
    return new Inputs(
            Tensors.of(ids, rows, width),
            mask == null ? null : Tensors.of(mask, rows, width),
            null,
            null,
            Tensors.of(model.shifted(labels, labelWidth), rows, labelWidth))
        .ofTasks(tasks);
  }
}
