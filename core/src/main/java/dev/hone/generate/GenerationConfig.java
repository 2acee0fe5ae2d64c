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
 */
public record GenerationConfig(
    int maxNewTokens,
    double temperature,
    int topK,
    double topP,
    double repetitionPenalty,
    List<String> stop,
    long seed) {

  public GenerationConfig {
    // Written so that NaN is out of range too.
    if (maxNewTokens < 1 || !(temperature >= 0) || topK < 0 || !(topP > 0 && topP <= 1)) {
      throw new IllegalArgumentException(
          "expected maxNewTokens >= 1, temperature >= 0, topK >= 0, 0 < topP <= 1");
    }
    if (!(repetitionPenalty > 0)) {
      throw new IllegalArgumentException("expected repetitionPenalty > 0");
    }
  }

  public static GenerationConfig greedy(int maxNewTokens) {
    return new GenerationConfig(maxNewTokens, 0, 0, 1, 1, List.of(), 0);
  }
}
