package dev.hone.generate;

/**
 * When a beam search that has found enough answers is over; Transformers' {@code early_stopping}.
 */
public enum EarlyStopping {
  /** When the best open beam would not do better at its present length. */
  FALSE,
  /** At once. */
  TRUE,
  /** When no open beam could do better at any length. */
  NEVER
}
