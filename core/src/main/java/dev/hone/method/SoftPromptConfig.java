package dev.hone.method;

import java.util.List;

/** The configuration of a method that puts virtual tokens before every row. */
public interface SoftPromptConfig extends PeftConfig {
  /** What virtual tokens begin as. */
  enum Start {
    /** Random numbers. */
    RANDOM,
    /** The tokens of a text, as often as it takes. */
    TEXT,
    /** Tokens drawn from the vocabulary. */
    SAMPLE_VOCAB
  }

  /** How many virtual tokens there are. */
  int numVirtualTokens();

  /** What they begin as. */
  Start start();

  /** The text of {@link Start#TEXT}. */
  String text();

  /** PEFT refuses a classifier's soft prompt without the head. */
  @Override
  default boolean savesHead() {
    return true;
  }

  @Override
  default List<String> targetModules() {
    return List.of();
  }
}
