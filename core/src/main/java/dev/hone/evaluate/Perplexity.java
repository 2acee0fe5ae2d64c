package dev.hone.evaluate;

import dev.hone.error.HoneException;
import java.util.Arrays;

/**
 * How surprised a model is by the labels of some rows.
 *
 * <p>The loss is a ratio of two sums over rows, so its standard error is the ratio estimator's,
 * {@code sqrt(n / (n - 1) * sum (nll_i - loss * tokens_i)^2) / sum tokens_i}; tokens of one row are
 * not independent, rows are. By the delta method the error of {@code exp(loss)} is {@code
 * exp(loss)} times that of the loss. With a single row both are NaN.
 *
 * @param loss mean negative log-likelihood a label token, in nats
 * @param perplexity {@code exp(loss)}
 * @param tokens label tokens in all rows
 * @param rows number of rows
 */
public record Perplexity(Estimate loss, Estimate perplexity, long tokens, int rows) {

  /**
   * Sums up per-row values.
   *
   * @param negativeLogLikelihoods summed over the label tokens of each row, in nats
   * @param tokens label tokens of each row
   * @throws HoneException when no row has a label token
   */
  public static Perplexity of(double[] negativeLogLikelihoods, int[] tokens) {
    int n = tokens.length;
    if (negativeLogLikelihoods.length != n) {
      throw new IllegalArgumentException(
          negativeLogLikelihoods.length + " likelihoods, but " + n + " token counts");
    }
    long allTokens = Arrays.stream(tokens).asLongStream().sum();
    if (allTokens == 0) {
      throw new HoneException(
          "no label token in " + n + " rows: expected at least one row with something to predict");
    }
    double loss = Arrays.stream(negativeLogLikelihoods).sum() / allTokens;
    double squares = 0;
    for (int row = 0; row < n; row++) {
      double residual = negativeLogLikelihoods[row] - loss * tokens[row];
      squares += residual * residual;
    }
    double error = n < 2 ? Double.NaN : Math.sqrt(squares * n / (n - 1)) / allTokens;
    double perplexity = Math.exp(loss);
    return new Perplexity(
        new Estimate(loss, error), new Estimate(perplexity, perplexity * error), allTokens, n);
  }
}
