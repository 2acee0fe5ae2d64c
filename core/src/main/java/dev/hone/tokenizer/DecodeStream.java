package dev.hone.tokenizer;

import java.util.Arrays;
import java.util.function.Function;

/**
 * Decodes ids that arrive one by one, for generation.
 *
 * <p>A character may be spread over several tokens: its text is withheld until it is whole. A token
 * is decoded together with those before it, because decoders drop a leading space.
 */
public final class DecodeStream {
  private static final char INCOMPLETE = '\uFFFD';

  private final Function<int[], String> decode;

  /** Ids that are still decoded together; the first {@code settled} are only there as context. */
  private int[] window = {};

  private int settled;

  /** Characters of the window's text that were already given out. */
  private int given;

  DecodeStream(Function<int[], String> decode) {
    this.decode = decode;
  }

  /** Returns the text that this id completes, possibly empty. */
  public String next(int id) {
    window = Arrays.copyOf(window, window.length + 1);
    window[window.length - 1] = id;
    String text = decode.apply(window);
    int whole = text.length();
    while (whole > 0 && text.charAt(whole - 1) == INCOMPLETE) {
      whole--;
    }
    String fresh = text.substring(Math.min(given, whole), whole);
    given = Math.max(given, whole);
    if (whole == text.length() && !fresh.isEmpty()) {
      window = Arrays.copyOfRange(window, settled, window.length);
      settled = window.length;
      given = decode.apply(window).length();
    }
    return fresh;
  }

  /** Returns what was withheld, with U+FFFD for a character that never became whole. */
  public String flush() {
    String text = decode.apply(window);
    String rest = text.substring(Math.min(given, text.length()));
    given = text.length();
    return rest;
  }
}
