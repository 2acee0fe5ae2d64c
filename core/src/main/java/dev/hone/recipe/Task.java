package dev.hone.recipe;

/** What a model is to learn. */
public enum Task {
  /** To write: text, answers, or labels in words. */
  LANGUAGE_MODEL,
  /** To tell labels apart with a classification head, also where the base model writes. */
  CLASSIFIER
}
