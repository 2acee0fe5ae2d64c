package dev.hone.evaluate;

import java.util.Arrays;

/**
 * What the label scores need of a set of rows: hits, rows and predictions of each label. Filling it
 * costs three additions a row, which is what keeps a thousand resamples cheap.
 */
final class Counts {
  final int[] hits;
  final int[] gold;
  final int[] predicted;
  private int rows;

  Counts(int labels) {
    hits = new int[labels];
    gold = new int[labels];
    predicted = new int[labels];
  }

  void add(int goldLabel, int predictedLabel) {
    rows++;
    gold[goldLabel]++;
    predicted[predictedLabel]++;
    if (goldLabel == predictedLabel) {
      hits[goldLabel]++;
    }
  }

  void clear() {
    rows = 0;
    Arrays.fill(hits, 0);
    Arrays.fill(gold, 0);
    Arrays.fill(predicted, 0);
  }

  int allHits() {
    return Arrays.stream(hits).sum();
  }

  double precision(int label) {
    return ratio(hits[label], predicted[label]);
  }

  double recall(int label) {
    return ratio(hits[label], gold[label]);
  }

  /** 2 TP / (2 TP + FP + FN), whose denominator is the rows plus the predictions of the label. */
  double f1(int label) {
    return ratio(2.0 * hits[label], (double) gold[label] + predicted[label]);
  }

  double macroF1() {
    double sum = 0;
    int occurring = 0;
    for (int k = 0; k < hits.length; k++) {
      if (gold[k] > 0 || predicted[k] > 0) {
        sum += f1(k);
        occurring++;
      }
    }
    return ratio(sum, occurring);
  }

  double mcc() {
    double n = rows;
    double cross = 0;
    double goldSquares = 0;
    double predictedSquares = 0;
    for (int k = 0; k < hits.length; k++) {
      cross += (double) gold[k] * predicted[k];
      goldSquares += (double) gold[k] * gold[k];
      predictedSquares += (double) predicted[k] * predicted[k];
    }
    double spread = Math.sqrt(n * n - goldSquares) * Math.sqrt(n * n - predictedSquares);
    return ratio(allHits() * n - cross, spread);
  }

  private static double ratio(double part, double whole) {
    return whole == 0 ? 0 : part / whole;
  }
}
