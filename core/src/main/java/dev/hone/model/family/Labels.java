package dev.hone.model.family;

import dev.hone.store.Config;

/** How many classes a config.json names. */
final class Labels {
  private Labels() {}

  static int count(Config config) {
    Config names = config.child("id2label");
    return config.intValue("num_labels", names == null ? 2 : names.keys().size());
  }
}
