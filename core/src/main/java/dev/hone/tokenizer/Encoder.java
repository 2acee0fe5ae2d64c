package dev.hone.tokenizer;

import java.util.List;

/** Turns text into token ids: what data preparation needs of a tokenizer. */
public interface Encoder {
  /** Token ids of a text; no special tokens are added. */
  int[] encode(String text);

  /** With the special tokens around it that the model expects of a whole text. */
  default int[] encodeWithSpecial(String text) {
    int[] bare = encode(text);
    if (!addsBos()) {
      return bare;
    }
    int[] whole = new int[bare.length + 1];
    whole[0] = bosId();
    System.arraycopy(bare, 0, whole, 1, bare.length);
    return whole;
  }

  /** {@link #encode} of each text, in their order. */
  default List<int[]> encodeAll(List<String> texts) {
    return texts.stream().map(this::encode).toList();
  }

  int eosId();

  /** -1 where the model has none. */
  int bosId();

  int padId();

  /** Whether the reference encoding of a text starts with bos. */
  boolean addsBos();
}
