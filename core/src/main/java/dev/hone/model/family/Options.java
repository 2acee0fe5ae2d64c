package dev.hone.model.family;

import dev.hone.error.HoneException;
import dev.hone.store.Config;
import org.jspecify.annotations.Nullable;

/** Reads of a config.json that the typed getters do not cover. */
final class Options {
  /** More than any model has. Where layers are only counted, no file's size stands against more. */
  private static final int MOST_LAYERS = 1000;

  private Options() {}

  /** Refuses an option that the reference implements, or tolerates, and this build does not. */
  static void refuse(Config config, String key, boolean refused) {
    if (config.optionalBoolean(key).orElse(!refused) == refused) {
      throw config.wrong(key, !refused + ": the other value is not supported");
    }
  }

  /** An integer that may be null on purpose; {@code otherwise} where the key is absent. */
  static @Nullable Integer nullableInt(Config config, String key, @Nullable Integer otherwise) {
    if (!config.json().has(key)) {
      return otherwise;
    }
    return config.has(key) ? (Integer) config.intValue(key) : null;
  }

  /** The first of several names for the same number that is there. */
  static int firstInt(Config config, String name, String... others) {
    for (String other : others) {
      if (!config.has(name) && config.has(other)) {
        return config.intValue(other);
      }
    }
    return config.intValue(name);
  }

  /** How many layers there are, under the first of several names that is there. */
  static int layers(Config config, String name, String... others) {
    int layers = firstInt(config, name, others);
    if (layers > MOST_LAYERS) {
      throw config.wrong(name, "at most " + MOST_LAYERS);
    }
    return layers;
  }

  /** A count that is not nothing. */
  static int positive(Config config, String key, int otherwise) {
    int count = config.optionalInt(key).orElse(otherwise);
    if (count < 1) {
      throw config.wrong(key, "1 or more");
    }
    return count;
  }

  /** The id of a special token, which the table has a row for. */
  static int token(Config config, String key, int otherwise) {
    int id = config.optionalInt(key).orElse(otherwise);
    int words = config.intValue("vocab_size");
    if (id < 0 || id >= words) {
      throw config.wrong(key, "an id below vocab_size, which is " + words);
    }
    return id;
  }

  /** A width divided among heads. */
  static int headWidth(Config config, int hidden, int heads) {
    if (heads < 1 || hidden % heads != 0) {
      throw new HoneException(
          config.file() + ": a width of " + hidden + " does not divide among " + heads + " heads");
    }
    return hidden / heads;
  }
}
