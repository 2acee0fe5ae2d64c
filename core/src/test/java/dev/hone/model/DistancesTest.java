package dev.hone.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.tensor.Scope;
import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import org.junit.jupiter.api.Test;

class DistancesTest {
  private static Distances of(int buckets, int farthest, long rows) {
    return new Distances(
        new Parameter("rel_embeddings.weight", Tensors.zeros(rows, 2)), null, buckets, farthest, 0);
  }

  /** Near distances have a bucket each, far ones share; the farthest has the last. */
  @Test
  void bucketsGrowWithTheDistance() {
    try (Scope scope = Scope.open()) {
      Distances distances = of(256, 512, 512);
      for (int d = 0; d <= 128; d++) {
        assertEquals(d, distances.bucket(d));
      }
      assertEquals(129, distances.bucket(129));
      assertEquals(255, distances.bucket(511));
      for (int d = 1; d < 600; d++) {
        assertEquals(-distances.bucket(d), distances.bucket(-d));
        int step = distances.bucket(d) - distances.bucket(d - 1);
        assertTrue(step == 0 || step == 1, "step " + step + " at " + d);
      }
    }
  }

  @Test
  void distancesBeyondTheTableHaveItsEnds() {
    try (Scope scope = Scope.open()) {
      Distances distances = of(0, 2, 4);
      assertArrayEquals(new long[] {0, 0, 1, 2, 3, 3, 3}, distances.rising(4).toLongs());
      assertArrayEquals(new long[] {3, 3, 3, 2, 1, 0, 0}, distances.falling(4).toLongs());
    }
  }

  @Test
  void scoresOfDistancesFindTheirPairs() {
    for (int width : new int[] {1, 2, 5}) {
      try (Scope scope = Scope.open()) {
        int across = 2 * width - 1;
        float[] scores = new float[2 * 3 * width * across];
        for (int i = 0; i < scores.length; i++) {
          scores[i] = i;
        }
        Tensor aligned = Distances.aligned(Tensors.of(scores, 2, 3, width, across));
        float[] actual = aligned.toFloats();
        int at = 0;
        for (int matrix = 0; matrix < 6; matrix++) {
          for (int i = 0; i < width; i++) {
            for (int j = 0; j < width; j++) {
              float expected = scores[(matrix * width + i) * across + j - i + width - 1];
              assertEquals(expected, actual[at++]);
            }
          }
        }
      }
    }
  }
}
