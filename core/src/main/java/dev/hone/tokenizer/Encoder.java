package dev.hone.tokenizer;

/** Turns text into token ids: what data preparation needs of a tokenizer. */
public interface Encoder {
  /** Token ids of a text; no special tokens are added. */
  int[] encode(String text);

  int eosId();

  /** -1 where the model has none. */
  int bosId();

  int padId();

  /** Whether the reference encoding of a text starts with bos. */
  boolean addsBos();
}
