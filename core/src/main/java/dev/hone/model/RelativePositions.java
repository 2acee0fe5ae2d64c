package dev.hone.model;

import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;

/**
 * T5's relative positions (arXiv:1910.10683): a number a head for each bucket of distances, added
 * to the attention scores. Near distances have buckets of their own, far ones share them on a
 * logarithmic scale.
 *
 * @param table [buckets, H]
 * @param maxDistance from which on all distances share the last bucket
 * @param bidirectional whether positions to the right have buckets of their own
 */
public record RelativePositions(Embedding table, int maxDistance, boolean bidirectional) {

  /**
   * What is added to the scores of {@code count} positions from {@code from} on.
   *
   * @param keys S positions that they look at, counted from 0
   * @return [1, H, count, S]
   */
  Tensor bias(long from, long count, long keys, Pass pass) {
    int columns = Math.toIntExact(keys);
    int rows = Math.toIntExact(count);
    int first = Math.toIntExact(from);
    // A bucket depends on the distance alone: one for each distance, then one for each pair.
    int last = first + rows - 1;
    long[] byDistance = new long[last + columns];
    for (int i = 0; i < byDistance.length; i++) {
      byDistance[i] = bucket(i - last);
    }
    long[] buckets = new long[rows * columns];
    for (int t = 0; t < rows; t++) {
      System.arraycopy(byDistance, last - first - t, buckets, t * columns, columns);
    }
    Tensor chosen = table.forward(Tensors.of(buckets, rows, columns), pass); // [T, S, H]
    return chosen.transpose(1, 2).transpose(0, 1).unsqueeze(0);
  }

  /**
   * @param distance from the position that looks to the one that is looked at, negative to the left
   */
  int bucket(int distance) {
    int count = Math.toIntExact(table.weight().value().size(0));
    int offset = 0;
    int away = Math.max(0, -distance);
    if (bidirectional) {
      count /= 2;
      offset = distance > 0 ? count : 0;
      away = Math.abs(distance);
    }
    int exact = count / 2;
    if (away < exact) {
      return offset + away;
    }
    // In float, as the reference: at powers of two the last bit decides.
    float ratio = (float) Math.log((float) away / exact);
    float share = ratio / (float) Math.log((double) maxDistance / exact);
    return offset + Math.min(count - 1, exact + (int) (share * (count - exact)));
  }
}
