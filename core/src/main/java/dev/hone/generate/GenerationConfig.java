package dev.hone.generate;

import java.util.List;

/**
 * How tokens are chosen.
 *
 * @param maxNewTokens at most this many
 * @param temperature 0 takes the likeliest token; otherwise logits are divided by it
 * @param topK only this many likeliest tokens can be drawn; 0 means all
 * @param topP only the likeliest tokens that together reach this probability can be drawn
 * @param repetitionPenalty above 1 makes tokens that were seen less likely (arXiv:1909.05858)
 * @param stop texts that end the answer and are not part of it
 * @param seed of the drawing
 * @param numBeams answers that are followed side by side, of which the likeliest is given; 1 means
 *     no beam search
 * @param lengthPenalty a beam's log-likelihood is divided by its length to this power: above 0
 *     favours long answers
 * @param earlyStopping when a beam search is over
 */
public record GenerationConfig(
    int maxNewTokens,
    double temperature,
    int topK,
    double topP,
    double repetitionPenalty,
    List<String> stop,
    long seed,
    int numBeams,
    double lengthPenalty,
    EarlyStopping earlyStopping) {

  public GenerationConfig {
    // Written so that NaN is out of range too.
    if (maxNewTokens < 1 || !(temperature >= 0) || topK < 0 || !(topP > 0 && topP <= 1)) {
      throw new IllegalArgumentException(
          "expected maxNewTokens >= 1, temperature >= 0, topK >= 0, 0 < topP <= 1");
    }
    if (!(repetitionPenalty > 0)) {
      throw new IllegalArgumentException("expected repetitionPenalty > 0");
    }
    if (numBeams < 1 || !Double.isFinite(lengthPenalty)) {
      throw new IllegalArgumentException("expected numBeams >= 1 and a finite lengthPenalty");
    }
    if (numBeams > 1 && temperature > 0) {
      throw new IllegalArgumentException(
          "numBeams " + numBeams + " searches for the likeliest answer: expected temperature 0");
    }
  }

  /** Without beam search. */
  public GenerationConfig(
      int maxNewTokens,
      double temperature,
      int topK,
      double topP,
      double repetitionPenalty,
      List<String> stop,
      long seed) {
    this(
        maxNewTokens,
        temperature,
        topK,
        topP,
        repetitionPenalty,
        stop,
        seed,
        1,
        1,
        EarlyStopping.FALSE);
  }

  public static GenerationConfig greedy(int maxNewTokens) {
    return new GenerationConfig(maxNewTokens, 0, 0, 1, 1, List.of(), 0);
  }

  public static GenerationConfig beams(int maxNewTokens, int numBeams) {
    return greedy(maxNewTokens).withBeams(numBeams, 1, EarlyStopping.FALSE);
  }

  /** The same with a beam search. */
  public GenerationConfig withBeams(int count, double penalty, EarlyStopping early) {
    return new GenerationConfig(
        maxNewTokens,
        temperature,
        topK,
        topP,
        repetitionPenalty,
        stop,
        seed,
        count,
        penalty,
        early);
  }

  /** Whether a token is chosen by its logit alone. */
  boolean plain() {
    return temperature == 0 && repetitionPenalty == 1;
  }
}
