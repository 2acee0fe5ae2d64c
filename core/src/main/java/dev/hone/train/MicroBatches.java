package dev.hone.train;

import dev.hone.data.TokenRow;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * Divides the rows of a step into what is computed at once. Rows of like length go together, so
 * that little is padded; gradients add up to the same in any division.
 */
public final class MicroBatches {
  /** What one more micro-batch costs beside its tokens, as a number of tokens. */
  private static final long OVERHEAD = 48;

  /**
   * Rows that are packed still stand side by side before and after the layers, where a token costs
   * a fraction of what it costs within.
   */
  private static final int PADDED = 8;

  private MicroBatches() {}

  /**
   * The cheapest division, the longest rows first.
   *
   * @param maxRows at once; 0 means any number
   * @param maxTokens tokens at once; 0 means any number; a row longer than this is alone
   * @param packed whether only real tokens cost anything
   */
  public static List<List<TokenRow>> of(
      List<TokenRow> rows, int maxRows, int maxTokens, boolean packed) {
    List<TokenRow> sorted =
        rows.stream().sorted(Comparator.comparingInt(TokenRow::length).reversed()).toList();
    int n = sorted.size();
    int sides = rows.isEmpty() ? 1 : rows.getFirst().sides().size();
    long[] cost = new long[n + 1]; // of the first i rows, divided as well as can be
    int[] begin = new int[n + 1]; // where the last part of that division begins
    Arrays.fill(cost, 1, n + 1, Long.MAX_VALUE);
    for (int end = 1; end <= n; end++) {
      long real = 0;
      for (int from = end - 1; from >= 0; from--) {
        int count = end - from;
        long padded = (long) sides * count * sorted.get(from).length();
        real += sorted.get(from).sides().stream().mapToLong(TokenRow::length).sum();
        long tokens = packed ? Math.max(real, padded / PADDED) : padded;
        boolean fits =
            (maxRows == 0 || count <= maxRows) && (maxTokens == 0 || tokens <= maxTokens);
        if (!fits && count > 1) {
          break; // a longer part is only larger
        }
        long total = cost[from] + tokens + OVERHEAD;
        if (total < cost[end]) {
          cost[end] = total;
          begin[end] = from;
        }
      }
    }
    List<List<TokenRow>> parts = new ArrayList<>();
    for (int end = n; end > 0; end = begin[end]) {
      parts.addFirst(sorted.subList(begin[end], end));
    }
    return parts;
  }
}
