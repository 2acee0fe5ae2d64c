package dev.hone.model;

import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import org.jspecify.annotations.Nullable;

/**
 * The vectors that DeBERTa has for distances between positions (arXiv:2006.03654,
 * arXiv:2111.09543), one table for all layers. Each layer looks them up itself, so that each sends
 * its gradient.
 *
 * @param table [2 * span, C]; row {@code span} is distance 0
 * @param norm over the table, or null
 * @param buckets how many buckets a side has, the far ones growing with the distance's logarithm; 0
 *     where each distance has its own
 * @param farthest the distance that the last bucket ends with
 * @param dropout on the table
 */
public record Distances(
    Parameter table, @Nullable Norm norm, int buckets, int farthest, double dropout) {

  /** [2 * span, C]. */
  Tensor vectors(Pass pass) {
    Tensor rows = pass.value(table);
    return pass.dropout(norm == null ? rows : norm.forward(rows, pass), dropout);
  }

  /**
   * The table's rows for the distances {@code width - 1} down to {@code 1 - width}.
   *
   * @return I64[2 * width - 1]
   */
  Tensor falling(long width) {
    return rows(width, -1);
  }

  /** The same from {@code 1 - width} up to {@code width - 1}. */
  Tensor rising(long width) {
    return rows(width, 1);
  }

  private Tensor rows(long width, int sign) {
    long[] rows = new long[Math.toIntExact(2 * width - 1)];
    long count = table.value().size(0);
    for (int i = 0; i < rows.length; i++) {
      rows[i] = Math.clamp(bucket(sign * (i - (int) width + 1)) + count / 2, 0, count - 1);
    }
    return Tensors.of(rows, rows.length);
  }

  /** In single precision like the reference, so that a distance on an edge falls to its side. */
  int bucket(int distance) {
    int middle = buckets / 2;
    int far = Math.abs(distance);
    if (buckets == 0 || far <= middle) {
      return distance;
    }
    float share =
        (float) Math.log((float) far / middle)
            / (float) Math.log((float) ((farthest - 1) / (double) middle));
    int bucket = (int) Math.ceil(share * (middle - 1)) + middle;
    return distance < 0 ? -bucket : bucket;
  }

  /**
   * Lines up scores by distance with positions.
   *
   * @param scores [B, H, T, 2T-1]
   * @return [B, H, T, T] whose entry (i, j) was at (i, j - i + T - 1)
   */
  static Tensor aligned(Tensor scores) {
    long width = scores.size(2);
    if (width == 1) {
      return scores;
    }
    // Read row by row from entry T-1 on, each row begins one entry earlier than the one before.
    long step = 2 * width - 2;
    return scores
        .reshape(scores.size(0), scores.size(1), width * (step + 1))
        .narrow(2, width - 1, width * step)
        .view(scores.size(0), scores.size(1), width, step)
        .narrow(3, 0, width);
  }
}
