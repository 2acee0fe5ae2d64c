package dev.hone.model.family;

import dev.hone.error.HoneException;
import dev.hone.store.Config;

/**
 * Sizes under the names that Llama's config and those of its descendants use.
 *
 * @param headWidth D
 * @param inner width of the feed-forward part
 */
record Sizes(
    int vocabulary,
    int hidden,
    int layers,
    int heads,
    int keyValueHeads,
    int headWidth,
    int inner,
    int positions) {

  static Sizes of(Config config) {
    int hidden = config.intValue("hidden_size");
    int heads = config.intValue("num_attention_heads");
    return of(
        config,
        config.optionalInt("head_dim").orElseGet(() -> Options.headWidth(config, hidden, heads)));
  }

  static Sizes of(Config config, int headWidth) {
    int heads = config.intValue("num_attention_heads");
    int keyValueHeads = config.optionalInt("num_key_value_heads").orElse(heads);
    if (keyValueHeads < 1 || heads % keyValueHeads != 0) {
      throw new HoneException(
          config.file()
              + ": num_attention_heads is "
              + heads
              + ", expected a multiple of num_key_value_heads, which is "
              + keyValueHeads);
    }
    return new Sizes(
        config.intValue("vocab_size"),
        config.intValue("hidden_size"),
        Options.layers(config, "num_hidden_layers"),
        heads,
        keyValueHeads,
        headWidth,
        config.intValue("intermediate_size"),
        config.intValue("max_position_embeddings"));
  }

  int queries() {
    return heads * headWidth;
  }

  int keys() {
    return keyValueHeads * headWidth;
  }
}
