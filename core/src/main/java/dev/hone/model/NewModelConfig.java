package dev.hone.model;

import dev.hone.config.Doc;
import dev.hone.config.Range;

/** A Llama-type model to be trained from random weights, with a tokenizer of its own. */
public record NewModelConfig(
    @Range(min = 8) int hiddenSize,
    @Range(min = 1) int layers,
    @Range(min = 1) int heads,
    @Range(min = 1) int keyValueHeads,
    @Range(min = 8) int intermediateSize,
    @Doc("Tokens of the byte-level BPE tokenizer, special tokens included") @Range(min = 300)
        int vocabSize,
    @Doc("Context in tokens") @Range(min = 8) int maxPositions,
    @Range(min = 1) double ropeTheta,
    @Doc("Standard deviation of the random weights") @Range(min = 0, max = 1) double initStd) {

  public static NewModelConfig defaults() {
    return new NewModelConfig(256, 8, 8, 4, 688, 6144, 512, 10000, 0.02);
  }
}
