package dev.hone.model.family;

import dev.hone.store.Config;

/** How many classes a config.json names. */
final class Labels {
  private Labels() {}

  static int count(Config config) {
    Config names = config.optionalObject("id2label").orElse(null);
    return config.optionalInt("num_labels").orElse(names == null ? 2 : names.keys().size());
  }
}
