package dev.hone.model.family;

import dev.hone.store.Config;
import java.util.Arrays;

/** Refuses, by its name, what a config.json asks for and no code here does. */
final class Only {
  private Only() {}

  /** A switch that has to be off, or absent. */
  static void off(Config config, String... keys) {
    for (String key : keys) {
      if (config.optionalBoolean(key).orElse(false)) {
        throw config.wrong(key, "false; true is not supported");
      }
    }
  }

  /** A word that has to be one of these, or absent. */
  static void words(Config config, String key, String... supported) {
    config
        .optionalText(key)
        .filter(word -> !Arrays.asList(supported).contains(word))
        .ifPresent(
            word -> {
              throw config.wrong(
                  key, String.join(" or ", supported) + "; others are not supported");
            });
  }

  /** A number that has to be this one, or absent. */
  static void number(Config config, String key, int supported) {
    if (config.optionalInt(key).orElse(supported) != supported) {
      throw config.wrong(key, supported + "; others are not supported");
    }
  }

  /** Heads that were cut out of layers change the shapes of their weights. */
  static void whole(Config config) {
    config
        .optionalObject("pruned_heads")
        .filter(heads -> !heads.keys().isEmpty())
        .ifPresent(
            heads -> {
              throw config.wrong("pruned_heads", "none; pruned models are not supported");
            });
  }

  /** What the configurations of BERT and its kin may say beside the sizes. */
  static void plainEncoder(Config config) {
    off(config, "is_decoder", "add_cross_attention");
    words(config, "position_embedding_type", "absolute");
    whole(config);
  }

  /** The width of a head. */
  static int divided(Config config, int hidden, String headsKey) {
    int heads = config.intValue(headsKey);
    if (heads < 1 || hidden % heads != 0) {
      throw config.wrong(headsKey, "a divisor of the width " + hidden);
    }
    return hidden / heads;
  }
}
