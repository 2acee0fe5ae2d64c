package dev.hone.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.data.TokenRow;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class MicroBatchesTest {
  private static List<TokenRow> rows(int... lengths) {
    List<TokenRow> rows = new ArrayList<>();
    for (int length : lengths) {
      rows.add(new TokenRow(new int[length], new boolean[length], -1, "row " + rows.size()));
    }
    return rows;
  }

  private static List<Integer> sizes(List<List<TokenRow>> parts) {
    return parts.stream().map(List::size).toList();
  }

  @Test
  void rowsOfOneLengthStayTogether() {
    assertEquals(List.of(4), sizes(MicroBatches.of(rows(256, 256, 256, 256), 0, 0, false)));
  }

  @Test
  void aLongRowDoesNotPadTheShortOnes() {
    assertEquals(List.of(1, 3), sizes(MicroBatches.of(rows(20, 400, 22, 18), 0, 0, false)));
  }

  @Test
  void limitsHoldButForARowThatExceedsThemAlone() {
    assertEquals(
        List.of(2, 2, 1),
        sizes(MicroBatches.of(rows(9, 9, 9, 9, 9), 2, 0, false)).stream()
            .sorted((a, b) -> b - a)
            .toList());
    assertEquals(List.of(1, 1), sizes(MicroBatches.of(rows(300, 300), 0, 100, false)));
  }

  @Test
  void packedRowsCountWithoutPadding() {
    List<TokenRow> rows = rows(400, 20, 22, 18);
    assertEquals(List.of(4), sizes(MicroBatches.of(rows, 0, 460, true)));
    assertEquals(2, MicroBatches.of(rows, 0, 459, true).size());
    // Eight rows as wide as one of 400 are more than padding may be before and after the layers.
    List<TokenRow> uneven = rows(IntStream.range(0, 100).map(i -> i == 0 ? 400 : 1).toArray());
    assertTrue(
        MicroBatches.of(uneven, 0, 1000, true).stream().allMatch(part -> padded(part) <= 8_000));
  }

  /** No division of a few rows is cheaper than the one chosen, and every row is in it once. */
  @Test
  void nothingIsCheaper() {
    Random random = new Random(3);
    for (int trial = 0; trial < 200; trial++) {
      List<TokenRow> rows = rows(random.ints(1 + random.nextInt(8), 1, 300).toArray());
      List<List<TokenRow>> parts = MicroBatches.of(rows, 0, 600, false);
      assertEquals(
          new HashSet<>(rows), new HashSet<>(parts.stream().flatMap(List::stream).toList()));
      assertEquals(rows.size(), parts.stream().mapToInt(List::size).sum());
      List<TokenRow> sorted =
          rows.stream().sorted((a, b) -> Integer.compare(b.length(), a.length())).toList();
      long best = Long.MAX_VALUE;
      for (int cuts = 0; cuts < 1 << (rows.size() - 1); cuts++) {
        List<List<TokenRow>> other = new ArrayList<>();
        int from = 0;
        for (int i = 1; i <= rows.size(); i++) {
          if (i == rows.size() || (cuts >> (i - 1) & 1) == 1) {
            other.add(sorted.subList(from, i));
            from = i;
          }
        }
        if (other.stream().allMatch(p -> p.size() == 1 || padded(p) <= 600)) {
          best = Math.min(best, cost(other));
        }
      }
      assertEquals(best, cost(parts));
      assertTrue(parts.stream().allMatch(p -> p.size() == 1 || padded(p) <= 600));
    }
  }

  private static long padded(List<TokenRow> part) {
    return (long) part.size() * part.stream().mapToInt(TokenRow::length).max().orElse(0);
  }

  private static long cost(List<List<TokenRow>> parts) {
    return parts.stream().mapToLong(p -> padded(p) + 48).sum();
  }
}
