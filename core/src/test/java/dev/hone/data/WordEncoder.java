package dev.hone.data;

import dev.hone.tokenizer.Encoder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A small tokenizer for tests: a word with the blank before it is a token, every other letter is
 * one, special tokens are found in the text. Its vocabulary grows with what it reads.
 */
public final class WordEncoder implements Encoder {
  private final Pattern tokens;
  private final Map<String, Integer> ids = new HashMap<>();
  private final List<String> words = new ArrayList<>();
  private final boolean addsBos;

  public WordEncoder(boolean addsBos, String... special) {
    this.addsBos = addsBos;
    StringBuilder pattern = new StringBuilder();
    id("<s>");
    id("</s>");
    pattern.append("<s>|</s>");
    for (String s : special) {
      id(s);
      pattern.append('|').append(Pattern.quote(s));
    }
    tokens = Pattern.compile(pattern + "| ?[\\p{L}\\p{N}]+|.", Pattern.DOTALL);
  }

  private int id(String word) {
    return ids.computeIfAbsent(
        word,
        w -> {
          words.add(w);
          return words.size() - 1;
        });
  }

  @Override
  public int[] encode(String text) {
    List<Integer> out = new ArrayList<>();
    Matcher matcher = tokens.matcher(text);
    while (matcher.find()) {
      out.add(id(matcher.group()));
    }
    return out.stream().mapToInt(Integer::intValue).toArray();
  }

  public String decode(int... given) {
    StringBuilder text = new StringBuilder();
    for (int id : given) {
      text.append(words.get(id));
    }
    return text.toString();
  }

  /** The text of the tokens that the mask says are learned. */
  public String learned(TokenRow row) {
    StringBuilder text = new StringBuilder();
    for (int t = 0; t < row.length(); t++) {
      if (row.learned()[t]) {
        text.append(words.get(row.ids()[t]));
      }
    }
    return text.toString();
  }

  @Override
  public int eosId() {
    return 1;
  }

  @Override
  public int bosId() {
    return addsBos ? 0 : -1;
  }

  /** The same as the end token, as in GPT-2 and Llama: padding must be masked by length. */
  @Override
  public int padId() {
    return 1;
  }

  @Override
  public boolean addsBos() {
    return addsBos;
  }
}
