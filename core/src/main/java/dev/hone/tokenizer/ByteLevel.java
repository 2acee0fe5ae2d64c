package dev.hone.tokenizer;

import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * GPT-2's byte-level alphabet and pre-tokenizer (Radford et al. 2019), with each digit on its own.
 */
final class ByteLevel {
  private static final Pattern DIGIT = Pattern.compile("\\p{N}");

  private static final Pattern WORDS =
      Pattern.compile(
          "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\p{IsWhite_Space}\\p{L}\\p{N}]+"
              + "|\\p{IsWhite_Space}+(?!\\P{IsWhite_Space})|\\p{IsWhite_Space}+");

  /** A printable character for each byte; printable ones stand for themselves. */
  private static final char[] CHARACTER = new char[256];

  static {
    int next = 256;
    for (int b = 0; b < 256; b++) {
      boolean printable = (b >= '!' && b <= '~') || (b >= 0xA1 && b <= 0xAC) || b >= 0xAE;
      CHARACTER[b] = (char) (printable ? b : next++);
    }
  }

  private ByteLevel() {}

  static char character(int unsignedByte) {
    return CHARACTER[unsignedByte];
  }

  static String spell(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    char[] out = new char[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      out[i] = CHARACTER[bytes[i] & 0xFF];
    }
    return new String(out);
  }

  /** Hands out the pieces of a text in order; together they are the text. */
  static void split(String text, Consumer<String> piece) {
    Matcher digit = DIGIT.matcher(text);
    int start = 0;
    while (digit.find()) {
      words(text, start, digit.start(), piece);
      piece.accept(digit.group());
      start = digit.end();
    }
    words(text, start, text.length(), piece);
  }

  private static void words(String text, int start, int end, Consumer<String> piece) {
    // A region has opaque bounds: the look-ahead does not see the digit behind the part.
    Matcher word = WORDS.matcher(text).region(start, end);
    while (word.find()) {
      piece.accept(word.group());
    }
  }
}
