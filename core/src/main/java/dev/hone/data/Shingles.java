package dev.hone.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A text as the set of its pairs of neighbouring words, each pair a 64-bit hash; sorted, so that
 * two sets compare in one pass. Punctuation is no word; an ideograph is one.
 */
final class Shingles {
  private static final long GOLDEN = 0x9E3779B97F4A7C15L;

  private Shingles() {}

  static long[] of(String text) {
    long[] words = words(text);
    if (words.length < 2) {
      return words;
    }
    long[] pairs = new long[words.length - 1];
    for (int i = 0; i < pairs.length; i++) {
      pairs[i] = mix(words[i] * 31 + words[i + 1]);
    }
    return Arrays.stream(pairs).sorted().distinct().toArray();
  }

  /** Size of what two sets share by the size of both together. */
  static double jaccard(long[] a, long[] b) {
    int shared = 0;
    for (int i = 0, j = 0; i < a.length && j < b.length; ) {
      if (a[i] == b[j]) {
        shared++;
        i++;
        j++;
      } else if (a[i] < b[j]) {
        i++;
      } else {
        j++;
      }
    }
    int either = a.length + b.length - shared;
    return either == 0 ? 0 : (double) shared / either;
  }

  /** The finaliser of SplitMix64: every bit of the input moves every bit of the output. */
  static long mix(long z) {
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }

  private static long[] words(String text) {
    List<Long> words = new ArrayList<>();
    long hash = GOLDEN;
    boolean inside = false;
    for (int i = 0; i < text.length(); ) {
      int c = text.codePointAt(i);
      i += Character.charCount(c);
      boolean letter = Character.isLetterOrDigit(c);
      if (inside && (!letter || Character.isIdeographic(c))) {
        words.add(hash);
        hash = GOLDEN;
        inside = false;
      }
      if (letter) {
        hash = mix(hash + GOLDEN * (c + 1));
        inside = true;
        if (Character.isIdeographic(c)) {
          words.add(hash);
          hash = GOLDEN;
          inside = false;
        }
      }
    }
    if (inside) {
      words.add(hash);
    }
    return words.stream().mapToLong(Long::longValue).toArray();
  }
}
