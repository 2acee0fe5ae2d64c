package dev.hone.evaluate;

/**
 * What a model has lost of general text by learning a task: its loss on texts that neither the base
 * nor the run has learned from, before and after.
 *
 * @param before the base
 * @param after the tuned model, on the same tokens
 */
public record Forgetting(Perplexity before, Perplexity after) {

  /** How much the mean loss a token has risen, in nats; below 0 where the text became likelier. */
  public double rise() {
    return after.loss().value() - before.loss().value();
  }
}
