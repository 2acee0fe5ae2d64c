package dev.hone.tokenizer;

import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * A token that is found in a text before anything else is.
 *
 * @param id -1 where it is the vocabulary's, or the next free one
 * @param lstrip takes the spaces before it along; {@code rstrip} those behind it
 * @param singleWord counts only where no letter touches it
 * @param normalized is looked for in the normalised text
 * @param special left out when decoding without special tokens
 */
record AddedToken(
    String content,
    int id,
    boolean lstrip,
    boolean rstrip,
    boolean singleWord,
    boolean normalized,
    boolean special) {

  static AddedToken of(String content, boolean special) {
    return new AddedToken(content, -1, false, false, false, !special, special);
  }

  /** A string, or an object with {@code content} and flags; null where it is neither. */
  static @Nullable AddedToken read(JsonNode node, boolean special) {
    JsonNode content = node.isObject() ? node.path("content") : node;
    if (!content.isString() || content.stringValue().isEmpty()) {
      return null;
    }
    boolean isSpecial = special || node.path("special").asBoolean(false);
    return new AddedToken(
        content.stringValue(),
        node.path("id").isInt() ? node.path("id").intValue() : -1,
        node.path("lstrip").asBoolean(false),
        node.path("rstrip").asBoolean(false),
        node.path("single_word").asBoolean(false),
        node.path("normalized").asBoolean(!isSpecial),
        isSpecial);
  }

  AddedToken withId(int newId) {
    return new AddedToken(content, newId, lstrip, rstrip, singleWord, normalized, special);
  }

  AddedToken takingSpaceBefore() {
    return new AddedToken(content, id, true, rstrip, singleWord, normalized, special);
  }

  AddedToken asSpecial() {
    return new AddedToken(content, id, lstrip, rstrip, singleWord, normalized, true);
  }

  ObjectNode json() {
    return JsonNodeFactory.instance
        .objectNode()
        .put("id", id)
        .put("content", content)
        .put("single_word", singleWord)
        .put("lstrip", lstrip)
        .put("rstrip", rstrip)
        .put("normalized", normalized)
        .put("special", special);
  }
}
