package dev.hone.tokenizer;

import ai.djl.huggingface.tokenizers.jni.CharSpan;
import ai.djl.huggingface.tokenizers.jni.LibUtils;
import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;
import dev.hone.error.HoneException;
import java.util.Arrays;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One tokenizer of the Hugging Face Rust library, reached below DJL's own wrapper.
 *
 * <p>The wrapper truncates, pads, cleans up and lower-cases by options of its own; the library
 * alone does exactly what tokenizer.json says. It also copies only the ids, not eight arrays a
 * text.
 */
final class NativeTokenizer implements AutoCloseable {
  static {
    // On a machine with CUDA, DJL would fetch another build from the network; tokenizing needs
    // none.
    if (System.getProperty("RUST_FLAVOR") == null) {
      System.setProperty("RUST_FLAVOR", "cpu");
    }
  }

  private static final TokenizersLibrary LIB = TokenizersLibrary.LIB;

  private long handle;

  /** Throws a RuntimeException of the library where the JSON is not a tokenizer. */
  NativeTokenizer(String json) {
    LibUtils.checkStatus();
    handle = LIB.createTokenizerFromString(json);
  }

  int[] encode(String text, boolean addSpecial) {
    requireWholeCharacters(text);
    long encoding = encoding(text, addSpecial);
    try {
      return narrow(LIB.getTokenIds(encoding));
    } finally {
      LIB.deleteEncoding(encoding);
    }
  }

  /** With special tokens, and with where each token comes from. */
  Encoding whole(String text, @Nullable String second) {
    requireWholeCharacters(text);
    if (second == null) {
      return read(encoding(text, true), text);
    }
    requireWholeCharacters(second);
    return read(encoding(text, () -> LIB.encodeDual(handle(), text, second, true)), text, second);
  }

  /** The same of words that stand apart; places are within each word. */
  Encoding words(List<String> words) {
    String[] all = words.toArray(String[]::new);
    for (String word : all) {
      requireWholeCharacters(word);
    }
    return read(encoding(String.join(" ", words), () -> LIB.encodeList(handle(), all, true)));
  }

  /**
   * @param texts that the library's places, which count characters, are to be places in Java of;
   *     none to leave them out
   */
  private static Encoding read(long encoding, String... texts) {
    try {
      int[] from = narrow(LIB.getSequenceIds(encoding));
      int[] begins = new int[from.length];
      int[] ends = new int[from.length];
      CharSpan[] spans = texts.length == 0 ? new CharSpan[0] : LIB.getTokenCharSpans(encoding);
      int[][] units = Arrays.stream(texts).map(NativeTokenizer::units).toArray(int[][]::new);
      for (int i = 0; i < spans.length; i++) {
        if (from[i] >= 0 && spans[i] != null) {
          begins[i] = units[from[i]][spans[i].getStart()];
          ends[i] = units[from[i]][spans[i].getEnd()];
        }
      }
      return new Encoding(
          narrow(LIB.getTokenIds(encoding)),
          narrow(LIB.getTypeIds(encoding)),
          from,
          narrow(LIB.getWordIds(encoding)),
          begins,
          ends);
    } finally {
      LIB.deleteEncoding(encoding);
    }
  }

  /** Where each character of a text begins in UTF-16, and its end. */
  private static int[] units(String text) {
    int[] places = new int[text.codePointCount(0, text.length()) + 1];
    for (int c = 0; c + 1 < places.length; c++) {
      places[c + 1] = places[c] + Character.charCount(text.codePointAt(places[c]));
    }
    return places;
  }

  private static int[] narrow(long[] wide) {
    return Arrays.stream(wide).mapToInt(Math::toIntExact).toArray();
  }

  String decode(int[] ids, boolean skipSpecial) {
    long[] wide = new long[ids.length];
    for (int i = 0; i < ids.length; i++) {
      wide[i] = ids[i];
    }
    return LIB.decode(handle(), wide, skipSpecial);
  }

  private long encoding(String text, boolean addSpecial) {
    return encoding(text, () -> LIB.encode(handle(), text, addSpecial));
  }

  private static long encoding(String text, LongSupplier encode) {
    try {
      return encode.getAsLong();
    } catch (IllegalStateException e) {
      throw e;
    } catch (RuntimeException e) {
      throw new HoneException(
          "the tokenizer cannot encode '"
              + (text.length() <= 40 ? text : text.substring(0, 40) + "...")
              + "': "
              + e.getMessage()
              + "; its vocabulary lacks what the text needs, an unknown token perhaps",
          e);
    }
  }

  /** Half a surrogate pair has no UTF-8 form: the reference refuses it as well. */
  private static void requireWholeCharacters(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (!Character.isSurrogate(c)) {
        continue;
      }
      if (Character.isHighSurrogate(c)
          && i + 1 < text.length()
          && Character.isLowSurrogate(text.charAt(i + 1))) {
        i++;
      } else {
        throw new HoneException(
            String.format(
                "text is not valid Unicode: lone surrogate \\u%04x at character %d; repair the"
                    + " text where it was cut or decoded",
                (int) c, i));
      }
    }
  }

  private long handle() {
    if (handle == 0) {
      throw new IllegalStateException("the tokenizer is closed");
    }
    return handle;
  }

  @Override
  public void close() {
    if (handle != 0) {
      LIB.deleteTokenizer(handle);
      handle = 0;
    }
  }
}
