package dev.hone.error;

import java.util.Collection;
import java.util.Comparator;

/** Finds the known word that a misspelt one probably meant. */
public final class Nearest {
  private Nearest() {}

  /**
   * Returns " (did you mean 'x'?)" for the nearest known word, or, where none is near, a list of
   * all known words.
   */
  public static String hint(String word, Collection<String> known) {
    return known.stream()
        .min(Comparator.comparingInt(k -> distance(word, k)))
        .filter(k -> distance(word, k) <= Math.max(2, word.length() / 3))
        .map(k -> " (did you mean '" + k + "'?)")
        .orElseGet(() -> " (known: " + String.join(", ", known) + ")");
  }

  /** Levenshtein distance, letters compared without case. */
  static int distance(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        boolean same =
            Character.toLowerCase(a.charAt(i - 1)) == Character.toLowerCase(b.charAt(j - 1));
        int replaced = diagonal + (same ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(replaced, 1 + Math.min(row[j], row[j - 1]));
      }
    }
    return row[b.length()];
  }
}
