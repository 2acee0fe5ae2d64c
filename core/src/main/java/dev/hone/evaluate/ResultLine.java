package dev.hone.evaluate;

import org.jspecify.annotations.Nullable;

/**
 * One line of the final table.
 *
 * @param name who answered, for example {@code tuned} or {@code few-shot}
 * @param n rows scored
 * @param accuracy share of rows that are right
 * @param macroF1 mean F1 of the labels
 * @param mcc Matthews correlation
 * @param detail per-label scores and the confusion matrix, where they are worth keeping
 */
public record ResultLine(
    String name,
    int n,
    Estimate accuracy,
    Estimate macroF1,
    Estimate mcc,
    @Nullable Classification detail) {

  public static ResultLine of(String name, Classification scores) {
    return new ResultLine(
        name, scores.rows(), scores.accuracy(), scores.macroF1(), scores.mcc(), scores);
  }
}
