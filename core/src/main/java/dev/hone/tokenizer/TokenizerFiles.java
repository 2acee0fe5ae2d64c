package dev.hone.tokenizer;

import dev.hone.error.HoneException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** The JSON files around a tokenizer in a Hugging Face folder. */
record TokenizerFiles(
    Path folder,
    ObjectNode tokenizer,
    JsonNode tokenizerConfig,
    JsonNode specialTokensMap,
    JsonNode config,
    JsonNode generationConfig) {

  static final JsonMapper JSON =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder().maxNameLength(1 << 20).build())
                  .build())
          .build();

  static TokenizerFiles read(Path folder) {
    Path file = folder.resolve("tokenizer.json");
    if (!Files.isRegularFile(file)) {
      throw new HoneException(
          file
              + " is missing: a tokenizer in Hugging Face's tokenizer.json format is expected there"
              + (Files.isDirectory(folder)
                  ? "; save it with AutoTokenizer.from_pretrained(...).save_pretrained(...)"
                  : ", but the folder does not exist"));
    }
    if (!(json(file) instanceof ObjectNode tokenizer) || !tokenizer.path("model").isObject()) {
      throw new HoneException(
          file + " is not a tokenizer: expected a JSON object with the key 'model'");
    }
    return new TokenizerFiles(
        folder,
        tokenizer,
        optional(folder.resolve("tokenizer_config.json")),
        optional(folder.resolve("special_tokens_map.json")),
        optional(folder.resolve("config.json")),
        optional(folder.resolve("generation_config.json")));
  }

  /** All tokens by id: the model's vocabulary, then the added tokens. */
  Map<String, Integer> vocabulary() {
    Map<String, Integer> ids = new LinkedHashMap<>();
    JsonNode vocab = tokenizer.path("model").path("vocab");
    if (vocab.isArray()) { // Unigram: [piece, score] in the order of the ids
      for (int id = 0; id < vocab.size(); id++) {
        ids.put(vocab.path(id).path(0).asString(), id);
      }
    } else {
      for (Map.Entry<String, JsonNode> entry : vocab.properties()) {
        ids.put(entry.getKey(), entry.getValue().asInt());
      }
    }
    for (JsonNode token : tokenizer.path("added_tokens")) {
      ids.put(token.path("content").asString(), token.path("id").asInt());
    }
    return ids;
  }

  /** Added tokens marked special, as they are spelt in a text. */
  List<String> specialTokens() {
    List<String> special = new ArrayList<>();
    for (JsonNode token : tokenizer.path("added_tokens")) {
      if (token.path("special").asBoolean()) {
        special.add(token.path("content").asString());
      }
    }
    return special;
  }

  /** The text of a role such as {@code eos_token}: a string or an object with {@code content}. */
  @Nullable String token(String role) {
    for (JsonNode source : List.of(tokenizerConfig, specialTokensMap)) {
      JsonNode value = source.path(role);
      JsonNode text = value.isObject() ? value.path("content") : value;
      if (text.isString()) {
        return text.stringValue();
      }
    }
    return null;
  }

  /**
   * Whether tokenizer_config.json says null for a role: config.json often names an id all the same.
   */
  boolean denies(String role) {
    return tokenizerConfig.path(role).isNull();
  }

  /** Ids of a key such as {@code eos_token_id}: a number or a list of numbers. */
  List<Integer> ids(String key) {
    List<Integer> ids = new ArrayList<>();
    for (JsonNode source : List.of(generationConfig, config)) {
      JsonNode value = source.path(key);
      for (JsonNode id : value.isArray() ? value : List.of(value)) {
        if (id.isInt() && id.intValue() >= 0 && !ids.contains(id.intValue())) {
          ids.add(id.intValue());
        }
      }
    }
    return ids;
  }

  private static JsonNode optional(Path file) {
    return Files.isRegularFile(file) ? json(file) : JsonNodeFactory.instance.objectNode();
  }

  private static JsonNode json(Path file) {
    try {
      return JSON.readTree(Files.readAllBytes(file));
    } catch (JacksonException e) {
      throw new HoneException(
          file + " is not valid JSON: " + e.getOriginalMessage() + "; download it again", e);
    } catch (IOException e) {
      throw new HoneException("cannot read " + file + ": " + e.getMessage(), e);
    }
  }
}
