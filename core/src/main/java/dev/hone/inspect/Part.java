package dev.hone.inspect;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The part of a model that a tensor belongs to, by the words that its name is made of. */
public enum Part {
  EMBEDDINGS("embeddings"),
  ATTENTION("attention"),
  FEED_FORWARD("feed-forward"),
  RECURRENT("recurrent"),
  NORMS("norms"),
  HEAD("head"),
  OTHER("other");

  private static final Pattern LAYER = Pattern.compile("^(.*?(?:^|\\.)\\d+)\\.");
  private static final Pattern NORM =
      Pattern.compile("norm|layer_?norm|(^|[._])ln(_|\\.|\\d)", Pattern.CASE_INSENSITIVE);
  private static final Pattern SEES = Pattern.compile("att|[._][qkvo](_lin|_proj)?\\.");
  private static final Pattern REMEMBERS = Pattern.compile("(weight|bias)_(ih|hh)$");
  private static final Pattern ANSWERS =
      Pattern.compile(
          "(^|\\.)(lm_head|embed_out|score|(pre_)?classifier|cls|pooler|qa_outputs|predictions"
              + "|generator_|discriminator_|final_logits_bias|head|decoder\\.(weight|bias))"
              + "|vocab_(transform|layer_norm|projector)");
  private static final Pattern TABLE =
      Pattern.compile("emb|wte|wpe|shared|(^|\\.)tokens?\\.", Pattern.CASE_INSENSITIVE);

  private final String words;

  Part(String words) {
    this.words = words;
  }

  public String words() {
    return words;
  }

  /** The layer of a tensor, for example {@code model.layers.3}; empty for one outside of layers. */
  static String layer(String tensor) {
    Matcher layer = LAYER.matcher(tensor);
    return layer.find() && !ANSWERS.matcher(layer.group(1)).find() ? layer.group(1) : "";
  }

  static Part of(String tensor) {
    String layer = layer(tensor);
    String name = tensor.substring(layer.length());
    if (layer.isEmpty() && ANSWERS.matcher(name).find()) {
      return HEAD;
    }
    if (NORM.matcher(name).find()) {
      return NORMS;
    }
    if (REMEMBERS.matcher(name).find()) {
      return RECURRENT;
    }
    if (layer.isEmpty()) {
      return TABLE.matcher(name).find() ? EMBEDDINGS : OTHER;
    }
    return SEES.matcher(name).find() ? ATTENTION : FEED_FORWARD;
  }
}
