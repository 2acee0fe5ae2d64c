package dev.hone.tokenizer;

import ai.djl.huggingface.tokenizers.jni.LibUtils;
import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;
import dev.hone.error.HoneException;

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
      long[] ids = LIB.getTokenIds(encoding);
      int[] out = new int[ids.length];
      for (int i = 0; i < ids.length; i++) {
        out[i] = (int) ids[i];
      }
      return out;
    } finally {
      LIB.deleteEncoding(encoding);
    }
  }

  String decode(int[] ids, boolean skipSpecial) {
    long[] wide = new long[ids.length];
    for (int i = 0; i < ids.length; i++) {
      wide[i] = ids[i];
    }
    return LIB.decode(handle(), wide, skipSpecial);
  }

  private long encoding(String text, boolean addSpecial) {
    try {
      return LIB.encode(handle(), text, addSpecial);
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
