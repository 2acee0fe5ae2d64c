package dev.hone.model;

import dev.hone.config.OneOf;
import dev.hone.store.Config;

/** A model to be trained from random weights, with a tokenizer of its own. */
@OneOf(
    value = {NewModelConfig.class, NewAwdLstmConfig.class},
    usual = NewModelConfig.class)
public interface NewModel {
  /** Tokens of the tokenizer, special tokens included. */
  int vocabSize();

  int layers();

  /**
   * What a folder's config.json would say of it.
   *
   * @param endOfText id of the token that ends a text
   * @param pad id of the token that pads
   */
  Config config(int endOfText, int pad);
}
