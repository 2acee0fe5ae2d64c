package dev.hone.tokenizer;

import dev.hone.error.HoneException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Looks through a tokenizer.json for what the native library does not survive.
 *
 * <p>The library reports most mistakes by itself, but some it takes on trust, and trips over them
 * while encoding; a panic of its own ends the whole process. Each rule here stands for one of
 * those.
 */
final class TokenizerSchema {
  private static final int DEEPEST = 64;
  private static final List<String> LISTS =
      List.of("normalizers", "pretokenizers", "processors", "decoders");
  private static final Set<String> ADDERS =
      Set.of("TemplateProcessing", "BertProcessing", "RobertaProcessing");

  private final Path file;

  private TokenizerSchema(Path file) {
    this.file = file;
  }

  /** Returns the same JSON, proven to be an object that can be handed on. */
  static ObjectNode check(Path file, JsonNode json) {
    TokenizerSchema schema = new TokenizerSchema(file);
    if (!(json instanceof ObjectNode tokenizer)
        || !(tokenizer.path("model") instanceof ObjectNode model)) {
      throw new HoneException(
          file + " is not a tokenizer: expected a JSON object with the key 'model'");
    }
    schema.model(model);
    schema.addedTokens(tokenizer.path("added_tokens"));
    for (String part : List.of("normalizer", "pre_tokenizer", "post_processor", "decoder")) {
      schema.requireShallow(tokenizer.path(part), part, 0);
      schema.component(tokenizer.path(part), part, 0);
    }
    return tokenizer;
  }

  private void model(ObjectNode model) {
    JsonNode vocab = model.path("vocab");
    if (vocab.isArray()) {
      for (JsonNode piece : vocab) {
        require(
            piece.size() == 2
                && piece.path(0).isString()
                && !piece.path(0).stringValue().isEmpty()
                && piece.path(1).isNumber()
                && Double.isFinite(piece.path(1).doubleValue()),
            "model.vocab",
            "a piece " + brief(piece) + " where [text, score] is expected");
      }
    } else {
      require(
          vocab.isObject() || vocab.isMissingNode(),
          "model.vocab",
          "no object of token to id and no list of pieces");
      for (Map.Entry<String, JsonNode> entry : vocab.properties()) {
        id(entry.getValue(), "model.vocab", entry.getKey());
      }
    }
    JsonNode prefix = model.path("continuing_subword_prefix");
    for (JsonNode merge : model.path("merges")) {
      String right = right(merge);
      require(
          !prefix.isString() || right.startsWith(prefix.stringValue()),
          "model.merges",
          "the merge " + brief(merge) + " lacks the prefix " + brief(prefix));
    }
    if (model.has("dropout")) {
      model.putNull("dropout"); // a random encoding would be another one at each reading
    }
  }

  private String right(JsonNode merge) {
    if (merge.isString()) {
      int space = merge.stringValue().indexOf(' ');
      require(space > 0, "model.merges", "the merge " + brief(merge) + " is no pair");
      return merge.stringValue().substring(space + 1);
    }
    require(
        merge.size() == 2 && merge.path(0).isString() && merge.path(1).isString(),
        "model.merges",
        "the merge " + brief(merge) + " is no pair");
    return merge.path(1).stringValue();
  }

  private void addedTokens(JsonNode tokens) {
    require(
        tokens.isArray() || tokens.isNull() || tokens.isMissingNode(),
        "added_tokens",
        "no list of tokens");
    for (JsonNode token : tokens) {
      require(token.path("content").isString(), "added_tokens", "a token without 'content'");
      id(token.path("id"), "added_tokens", token.path("content").stringValue());
    }
  }

  private void id(JsonNode id, String where, String token) {
    require(
        id.isInt() && id.intValue() >= 0 && id.intValue() < Integer.MAX_VALUE,
        where,
        "'" + token + "' has the id " + brief(id) + ", which is no whole number from 0");
  }

  private void requireShallow(JsonNode node, String where, int depth) {
    require(depth <= DEEPEST, where, "more than " + DEEPEST + " levels");
    for (JsonNode child : node) {
      requireShallow(child, where, depth + 1);
    }
  }

  private void component(JsonNode part, String where, int depth) {
    require(
        part.isObject() || part.isNull() || part.isMissingNode(),
        where,
        brief(part) + ", no object");
    for (String list : LISTS) {
      List<String> adders = new ArrayList<>();
      for (JsonNode step : part.path(list)) {
        component(step, where + "." + list, depth + 1);
        String type = type(step);
        if (ADDERS.contains(type)) {
          adders.add(type);
        }
      }
      require(adders.size() <= 1, where, "more than one step that adds tokens: " + adders);
      require(
          !list.equals("processors") || !part.path(list).isArray() || depth == 0,
          where,
          "a sequence of processors inside another");
    }
    pattern(part.path("pattern"), where);
    switch (type(part)) {
      case "Precompiled" -> charsMap(part.path("precompiled_charsmap"), where);
      case "TemplateProcessing" -> template(part, where);
      case "Replace" -> {
        JsonNode regex = part.path("pattern").path("Regex");
        require(
            !regex.isString() || SafeRegex.takesText(regex.stringValue()),
            where,
            "a Replace by the pattern " + brief(regex) + ", which may find nothing to replace");
      }
      case "Prepend" ->
          require(!part.path("prepend").asString("?").isEmpty(), where, "an empty 'prepend'");
      case "Strip" ->
          require(
              !part.has("stop") || part.path("stop").asInt(1) == 0,
              where,
              "a Strip with a 'stop' other than 0, which is not supported");
      default -> {}
    }
  }

  private void pattern(JsonNode pattern, String where) {
    JsonNode text = pattern.path("String");
    require(!text.isString() || !text.stringValue().isEmpty(), where, "an empty pattern");
    JsonNode regex = pattern.path("Regex");
    if (regex.isString()) {
      String danger = SafeRegex.danger(regex.stringValue());
      require(danger == null, where, "the pattern " + brief(regex) + " with " + danger);
    }
  }

  private void charsMap(JsonNode map, String where) {
    require(map.isString(), where, "a Precompiled step without its precompiled_charsmap");
    byte[] bytes;
    try {
      bytes = Base64.getDecoder().decode(map.stringValue());
    } catch (IllegalArgumentException e) {
      throw new HoneException(
          file + " (" + where + ") has a precompiled_charsmap that is not Base64", e);
    }
    require( // Java's decoder takes more than the library's
        Base64.getEncoder().encodeToString(bytes).equals(map.stringValue()),
        where,
        "a precompiled_charsmap that is not canonical Base64");
    CharsMap.check(bytes, file + " (" + where + ")");
  }

  private void template(JsonNode part, String where) {
    JsonNode special = part.path("special_tokens");
    for (Map.Entry<String, JsonNode> token : special.properties()) {
      JsonNode entry = token.getValue();
      require(
          entry.path("ids").isArray() && entry.path("ids").size() == entry.path("tokens").size(),
          where,
          "special token '" + token.getKey() + "' with unequal numbers of ids and tokens");
      for (JsonNode id : entry.path("ids")) {
        id(id, where, token.getKey());
      }
    }
    for (String list : List.of("single", "pair")) {
      for (JsonNode slot : part.path(list)) {
        JsonNode token = slot.path("SpecialToken").path("id");
        require(
            !token.isString() || special.has(token.stringValue()),
            where,
            "the token " + brief(token) + " in its template, but not among its special_tokens");
        require(
            list.equals("pair") || slot.path("Sequence").path("id").asString("A").equals("A"),
            where,
            "a second text in the template for one text");
      }
    }
  }

  private static String type(JsonNode part) {
    JsonNode type = part.path("type");
    return type.isString() ? type.stringValue() : "";
  }

  private static String brief(JsonNode node) {
    String text = node.toString();
    return text.length() <= 60 ? text : text.substring(0, 60) + "...";
  }

  private void require(boolean holds, String where, String what) {
    if (!holds) {
      throw new HoneException(
          file + " cannot be used: " + where + " has " + what + "; take it from the model again");
    }
  }
}
