package dev.hone.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class BatchesTest {

  @Test
  void everyRowIsInOneBatchOfEachEpoch() {
    Random random = new Random(1);
    for (int round = 0; round < 20; round++) {
      List<TokenRow> rows = rows(random, 1 + random.nextInt(300));
      int size = 1 + random.nextInt(9);
      Batches batches = new Batches(rows, size, round);
      for (long epoch = 0; epoch < 3; epoch++) {
        List<List<TokenRow>> made = batches.epoch(epoch);
        assertEquals(batches.perEpoch(), made.size());
        List<TokenRow> all = made.stream().flatMap(List::stream).toList();
        assertEquals(rows.size(), all.size());
        assertEquals(new HashSet<>(rows), new HashSet<>(all));
        assertTrue(made.stream().filter(b -> b.size() != size).count() <= 1);
        assertEquals(origins(made), origins(new Batches(rows, size, round).epoch(epoch)));
      }
    }
  }

  @Test
  void epochsAndSeedsDiffer() {
    List<TokenRow> rows = rows(new Random(2), 200);
    assertNotEquals(
        origins(new Batches(rows, 4, 1).epoch(0)), origins(new Batches(rows, 4, 1).epoch(1)));
    assertNotEquals(
        origins(new Batches(rows, 4, 1).epoch(0)), origins(new Batches(rows, 4, 2).epoch(0)));
  }

  @Test
  void littleIsPadded() {
    List<TokenRow> rows = rows(new Random(3), 2_000);
    double real = rows.stream().mapToInt(TokenRow::length).sum();
    int padded = 0;
    for (List<TokenRow> batch : new Batches(rows, 8, 1).epoch(5)) {
      padded += batch.size() * batch.stream().mapToInt(TokenRow::length).max().orElse(0);
    }
    assertTrue(padded < 1.05 * real, padded + " for " + real);
  }

  @Test
  void evaluationStartsWithTheLongest() {
    List<TokenRow> rows = rows(new Random(4), 50);
    List<TokenRow> order = Batches.byLength(rows, 8).stream().flatMap(List::stream).toList();
    List<TokenRow> sorted = new ArrayList<>(rows);
    sorted.sort(Comparator.comparingInt(TokenRow::length).reversed());
    assertEquals(sorted, order);
  }

  @Test
  void refusesAnEmptySplit() {
    Refused.with("no row to train on", () -> new Batches(List.of(), 8, 1));
  }

  private static List<String> origins(List<List<TokenRow>> batches) {
    return batches.stream().flatMap(List::stream).map(TokenRow::origin).toList();
  }

  private static List<TokenRow> rows(Random random, int count) {
    List<TokenRow> rows = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int length = 1 + random.nextInt(200);
      rows.add(new TokenRow(new int[length], new boolean[length], -1, "f:" + i));
    }
    return rows;
  }
}
