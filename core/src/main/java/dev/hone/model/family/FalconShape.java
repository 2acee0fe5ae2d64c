package dev.hone.model.family;

import dev.hone.store.Config;

/**
 * Which of its forms a Falcon has; the options depend on each other.
 *
 * @param keyValueHeads 1 for multi-query, all for plain attention, between for grouped
 * @param alibi biases by distance instead of rotary positions
 */
record FalconShape(
    int hidden,
    int heads,
    int headWidth,
    int keyValueHeads,
    Norms norms,
    boolean alibi,
    boolean bias) {

  /** Norms before attention and feed-forward part. */
  enum Norms {
    /** One for both, side by side. */
    ONE,
    /** One each, side by side. */
    TWO,
    /** One each, one part after the other. */
    IN_TURN
  }

  static FalconShape of(Config config) {
    int hidden = Options.firstInt(config, "hidden_size", "n_embed");
    int heads = config.intValue("num_attention_heads");
    boolean grouped = config.optionalBoolean("new_decoder_architecture").orElse(false);
    boolean multiQuery = config.optionalBoolean("multi_query").orElse(true);
    int keyValueHeads = config.optionalInt("num_kv_heads").orElse(heads);
    if (!grouped && !multiQuery && keyValueHeads != heads) {
      throw config.wrong("num_kv_heads", heads + " without new_decoder_architecture");
    }
    if (grouped && (keyValueHeads < 1 || heads % keyValueHeads != 0)) {
      throw config.wrong("num_kv_heads", "a divisor of num_attention_heads, " + heads);
    }
    boolean sequential = !config.optionalBoolean("parallel_attn").orElse(true);
    int norms = config.optionalInt("num_ln_in_parallel_attn").orElse(grouped ? 2 : 1);
    if (grouped && sequential) {
      throw config.wrong("parallel_attn", "true with new_decoder_architecture");
    }
    if (norms < 1 || norms > 2 || (norms == 2 && !grouped && !sequential)) {
      throw config.wrong(
          "num_ln_in_parallel_attn", "1, or 2 with new_decoder_architecture, for parallel_attn");
    }
    if (sequential
        && config.optionalDouble("attention_dropout").orElse(0)
            != config.optionalDouble("hidden_dropout").orElse(0)) {
      throw config.wrong("attention_dropout", "the same as hidden_dropout without parallel_attn");
    }
    return new FalconShape(
        hidden,
        heads,
        Options.headWidth(config, hidden, heads),
        grouped || !multiQuery ? keyValueHeads : 1,
        sequential ? Norms.IN_TURN : norms == 2 ? Norms.TWO : Norms.ONE,
        config.optionalBoolean("alibi").orElse(false),
        config.optionalBoolean("bias").orElse(false));
  }
}
