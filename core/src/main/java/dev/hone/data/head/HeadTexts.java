package dev.hone.data.head;

import dev.hone.data.DataConfig;
import dev.hone.error.HoneException;
import dev.hone.tokenizer.Encoding;
import dev.hone.tokenizer.Tokenizer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Texts with the special tokens and segments that an encoder expects.
 *
 * @param maxTokens longest row, special tokens included
 */
public record HeadTexts(Tokenizer tokenizer, int maxTokens) {

  /**
   * @param context tokens that the model can hold; {@code data.maxTokens} may ask for fewer
   * @throws HoneException when it asks for more, or for too few to hold anything
   */
  public static HeadTexts of(Tokenizer tokenizer, DataConfig config, int context) {
    HeadTexts texts = new HeadTexts(tokenizer, DataConfig.within(config.maxTokens(), context));
    int special = tokenizer.whole("a", "a").count(-1);
    if (texts.maxTokens <= special) {
      throw new HoneException(
          "data.maxTokens is %d, but the model's special tokens alone take %d of a row; raise it"
              .formatted(texts.maxTokens, special));
    }
    return texts;
  }

  /** As long as it is. */
  Encoding whole(String text, @Nullable String pair) {
    return tokenizer.whole(text, pair);
  }

  /** Cut from the right to fit, the longer text first. */
  Encoding cut(String text, @Nullable String pair) {
    return whole(text, pair).cut(maxTokens);
  }

  Encoding words(List<String> words) {
    return tokenizer.words(words);
  }
}
