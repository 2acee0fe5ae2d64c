package dev.hone.data;

import dev.hone.error.HoneException;
import dev.hone.tokenizer.Encoder;
import java.util.Arrays;

/** What an encoder-decoder reads: a text with the special tokens that the model expects. */
final class SourceEncoder {
  private final Encoder encoder;
  private final int maxTokens;
  private final int after;

  /**
   * @param context tokens that the model can hold; {@code maxTokens} may ask for fewer, 0 for all
   * @throws HoneException when {@code maxTokens} exceeds the context
   */
  SourceEncoder(Encoder encoder, int maxTokens, int context) {
    this.encoder = encoder;
    this.maxTokens = DataConfig.within(maxTokens, context);
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
  int[] ids(String text) {
    int[] whole = encoder.encodeWithSpecial(text);
    if (whole.length <= maxTokens) {
      return whole;
    }
    int[] cut = Arrays.copyOf(whole, maxTokens);
    System.arraycopy(whole, whole.length - after, cut, maxTokens - after, after);
    return cut;
  }
}
