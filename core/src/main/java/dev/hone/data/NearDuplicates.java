package dev.hone.data;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * Finds all pairs of texts that share most of their word pairs: MinHash signatures in bands (Broder
 * 1997; Leskovec, Rajaraman and Ullman, Mining of Massive Datasets, chapter 3) propose pairs, the
 * exact Jaccard similarity decides.
 */
final class NearDuplicates {
  private static final int HASHES = 128;

  /** Chance that a pair just at the threshold is overlooked. */
  private static final double MISSED = 1e-6;

  private NearDuplicates() {}

  /** Joins every two texts whose similarity is at least {@code threshold}. */
  static void join(List<String> texts, double threshold, Groups groups) {
    long[][] sets =
        texts.parallelStream().map(Shingles::of).toList().toArray(new long[texts.size()][]);
    int height = bandHeight(threshold);
    int bands = HASHES / height;
    long[][] keys =
        IntStream.range(0, sets.length)
            .parallel()
            .mapToObj(i -> bandKeys(sets[i], bands, height))
            .toArray(long[][]::new);
    int numberBits = 64 - Long.numberOfLeadingZeros(Math.max(1, sets.length));
    long numberMask = (1L << numberBits) - 1;
    for (int band = 0; band < bands; band++) {
      // A key and its row's number share one long, so that one plain sort makes the buckets. The
      // key loses low bits by it, which can only propose a pair too many.
      int b = band;
      long[] sorted =
          IntStream.range(0, sets.length)
              .filter(i -> sets[i].length > 0)
              .mapToLong(i -> (keys[i][b] & ~numberMask) | i)
              .sorted()
              .toArray();
      for (int from = 0, to; from < sorted.length; from = to) {
        long key = sorted[from] & ~numberMask;
        to = from + 1;
        while (to < sorted.length && (sorted[to] & ~numberMask) == key) {
          to++;
        }
        joinBucket(sorted, from, to, numberMask, sets, threshold, groups);
      }
    }
  }

  private static void joinBucket(
      long[] sorted,
      int from,
      int to,
      long numberMask,
      long[][] sets,
      double threshold,
      Groups groups) {
    for (int i = from + 1; i < to; i++) {
      int a = (int) (sorted[i] & numberMask);
      for (int j = from; j < i; j++) {
        int b = (int) (sorted[j] & numberMask);
        int shorter = Math.min(sets[a].length, sets[b].length);
        int longer = Math.max(sets[a].length, sets[b].length);
        if (shorter >= threshold * longer
            && groups.find(a) != groups.find(b)
            && Shingles.jaccard(sets[a], sets[b]) >= threshold) {
          groups.join(a, b);
        }
      }
    }
  }

  /** The highest bands, which propose the fewest pairs, that still overlook next to none. */
  static int bandHeight(double threshold) {
    int height = 1;
    for (int h = 2; h <= 16; h++) {
      if (Math.pow(1 - Math.pow(threshold, h), HASHES / h) <= MISSED) {
        height = h;
      }
    }
    return height;
  }

  private static long[] bandKeys(long[] set, int bands, int height) {
    long[] keys = new long[bands];
    if (set.length == 0) {
      return keys;
    }
    for (int band = 0; band < bands; band++) {
      long key = band;
      for (int h = 0; h < height; h++) {
        key = Shingles.mix(key * 31 + lowest(set, band * height + h));
      }
      keys[band] = key;
    }
    return keys;
  }

  private static long lowest(long[] set, int hash) {
    long factor = FACTORS[hash];
    long lowest = Long.MAX_VALUE;
    for (long shingle : set) {
      // The shingle is mixed already, so that multiplying shuffles the high bits well enough.
      lowest = Math.min(lowest, (shingle * factor) >>> 24);
    }
    return lowest;
  }

  private static final long[] FACTORS = factors();

  private static long[] factors() {
    SplittableRandom random = new SplittableRandom(1);
    long[] factors = new long[HASHES];
    Arrays.setAll(factors, i -> random.nextLong() | 1);
    return factors;
  }
}
