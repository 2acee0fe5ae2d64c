package dev.hone.inspect;

import dev.hone.error.HoneException;
import dev.hone.tokenizer.Tokenizer;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a folder's tokenizer knows.
 *
 * @param kind for example {@code byte-level BPE}; empty where there is none
 * @param size largest id plus one
 * @param roles special tokens by role, for example {@code eos} to {@code </s>}
 * @param addedTokens how many tokens are found before a text is cut
 * @param special those of them that are marked special
 * @param addsBos whether a text is begun with the begin token; likewise {@code addsEos}
 * @param refusal why it does not load, or null
 */
public record TokenizerFacts(
    String kind,
    int size,
    Map<String, Token> roles,
    int addedTokens,
    List<String> special,
    boolean addsBos,
    boolean addsEos,
    @Nullable Long longestText,
    @Nullable String refusal) {

  /** A token and its number. */
  public record Token(String text, int id) {}

  static TokenizerFacts of(Path folder) {
    try (Tokenizer tokenizer = Tokenizer.open(folder)) {
      Map<String, Token> roles = new LinkedHashMap<>();
      put(roles, "bos", tokenizer, tokenizer.bosId());
      put(roles, "eos", tokenizer, tokenizer.eosId());
      put(roles, "pad", tokenizer, tokenizer.padId());
      put(roles, "unk", tokenizer, tokenizer.unkId());
      put(roles, "cls", tokenizer, tokenizer.clsId());
      put(roles, "sep", tokenizer, tokenizer.sepId());
      put(roles, "mask", tokenizer, tokenizer.maskId());
      return new TokenizerFacts(
          tokenizer.kind(),
          tokenizer.vocabSize(),
          roles,
          tokenizer.addedTokens().size(),
          tokenizer.specialTokens(),
          tokenizer.addsBos(),
          tokenizer.addsEos(),
          tokenizer.modelMaxLength().isPresent() ? tokenizer.modelMaxLength().getAsLong() : null,
          null);
    } catch (HoneException e) {
      String why = String.valueOf(e.getMessage());
      return new TokenizerFacts("", 0, Map.of(), 0, List.of(), false, false, null, why);
    }
  }

  private static void put(Map<String, Token> roles, String role, Tokenizer tokenizer, int id) {
    if (id >= 0) {
      roles.put(role, new Token(tokenizer.token(id), id));
    }
  }
}
