package dev.hone.tokenizer;

import dev.hone.config.Doc;
import java.util.List;

/** What a run changes in the tokenizer of its base model. */
public record TokenizerConfig(
    @Doc("Words that become one token each; a row of the embedding is trained for each of them")
        List<String> addTokens,
    @Doc("The same for marks that are left out where an answer is shown, such as <|call|>")
        List<String> addSpecialTokens) {

  public static TokenizerConfig defaults() {
    return new TokenizerConfig(List.of(), List.of());
  }

  public boolean adds() {
    return !addTokens.isEmpty() || !addSpecialTokens.isEmpty();
  }

  /** A tokenizer that knows these tokens too, plain ones first, then special ones; or the same. */
  public Tokenizer added(Tokenizer to) {
    if (!adds()) {
      return to;
    }
    try (Tokenizer plain = to.withAdded(addTokens, false)) {
      return plain.withAdded(addSpecialTokens, true);
    }
  }
}
