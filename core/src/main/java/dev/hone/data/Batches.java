package dev.hone.data;

import dev.hone.error.HoneException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;

/**
 * The batches of each epoch: in random order, but with rows of similar length side by side, so that
 * little is padded.
 *
 * <p>An epoch is a pure function of rows, batch size, seed and number: a run that resumes at step n
 * takes the batches from n on and sees what the run before it would have seen.
 */
public final class Batches {
  /** Rows are sorted by length within this many batches: far enough to pad little. */
  private static final int WINDOW = 50;

  private final List<TokenRow> rows;
  private final int batch;
  private final long seed;

  public Batches(List<TokenRow> rows, int batch, long seed) {
    if (rows.isEmpty()) {
      throw new HoneException("no row to train on: the training split is empty");
    }
    this.rows = List.copyOf(rows);
    this.batch = batch;
    this.seed = seed;
  }

  /** Batches of one epoch, the last rows included: one batch may be smaller. */
  public int perEpoch() {
    return Math.ceilDiv(rows.size(), batch);
  }

  /** The batches of epoch 0, 1, 2 and so on; each row is in exactly one of them. */
  public List<List<TokenRow>> epoch(long epoch) {
    Random random = new Random(Shingles.mix(Shingles.mix(seed) + epoch));
    List<TokenRow> order = new ArrayList<>(rows);
    shuffle(order, random);
    for (int from = 0; from < order.size(); from += WINDOW * batch) {
      order
          .subList(from, Math.min(from + WINDOW * batch, order.size()))
          .sort(Comparator.comparingInt(TokenRow::length));
    }
    List<List<TokenRow>> batches = new ArrayList<>(cut(order, batch));
    shuffle(batches, random);
    return batches;
  }

  /** For evaluation: every row once, the longest first, so that memory is known after a batch. */
  public static List<List<TokenRow>> byLength(List<TokenRow> rows, int batch) {
    return cut(
        rows.stream().sorted(Comparator.comparingInt(TokenRow::length).reversed()).toList(), batch);
  }

  private static List<List<TokenRow>> cut(List<TokenRow> rows, int batch) {
    List<List<TokenRow>> batches = new ArrayList<>();
    for (int from = 0; from < rows.size(); from += batch) {
      batches.add(List.copyOf(rows.subList(from, Math.min(from + batch, rows.size()))));
    }
    return batches;
  }

  // Written out, because Random's numbers are specified for every JDK and shuffle's use of them is
  // not.
  private static <T> void shuffle(List<T> list, Random random) {
    for (int i = list.size() - 1; i > 0; i--) {
      int j = random.nextInt(i + 1);
      T other = list.get(j);
      list.set(j, list.get(i));
      list.set(i, other);
    }
  }
}
