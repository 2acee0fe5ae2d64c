package dev.hone.data;

import dev.hone.error.HoneException;
import dev.hone.error.Nearest;
import dev.hone.tokenizer.Encoder;
import java.util.Arrays;
import java.util.List;

/**
 * Rows for a classification head: the text with the special tokens that the model expects around
 * it, and the number of its label. Nothing is to be written, so no token is learned.
 */
public final class HeadEncoder {
  private final Encoder encoder;
  private final List<String> labels;
  private final int maxTokens;
  private final int after;

  /**
   * @param context tokens that the model can hold; {@code maxTokens} may ask for fewer, 0 for all
   * @throws HoneException when {@code maxTokens} exceeds the context
   */
  public HeadEncoder(Encoder encoder, List<String> labels, int maxTokens, int context) {
    this.encoder = encoder;
    this.labels = List.copyOf(labels);
    if (maxTokens > context) {
      throw new HoneException(
          "data.maxTokens %d is more than the model's context of %d; lower it"
              .formatted(maxTokens, context));
    }
    this.maxTokens = maxTokens == 0 ? context : maxTokens;
    int[] bare = encoder.encode("a");
    int[] whole = encoder.encodeWithSpecial("a");
    int begin = 0;
    while (begin + bare.length < whole.length
        && !Arrays.equals(bare, Arrays.copyOfRange(whole, begin, begin + bare.length))) {
      begin++;
    }
    this.after = whole.length - bare.length - begin;
  }

  /** The ids of a text; a long one is cut from its right, special tokens stay. */
  public int[] ids(String text) {
    int[] whole = encoder.encodeWithSpecial(text);
    if (whole.length <= maxTokens) {
      return whole;
    }
    int[] cut = Arrays.copyOf(whole, maxTokens);
    System.arraycopy(whole, whole.length - after, cut, maxTokens - after, after);
    return cut;
  }

  /** Throws a HoneException for a label that is not among the task's. */
  public TokenRow row(Example.Labelled example) {
    int label = labels.indexOf(example.label());
    if (label < 0) {
      throw new HoneException(
          "%s: label '%s' is not among the task's labels%s"
              .formatted(example.origin(), example.label(), Nearest.hint(example.label(), labels)));
    }
    int[] ids = ids(example.text());
    return new TokenRow(
        ids, new boolean[ids.length], label, example.origin(), null, example.task());
  }
}
