package dev.hone.tokenizer;

import dev.hone.error.HoneException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * The JSON files around a tokenizer in a Hugging Face folder.
 *
 * @param source the file that holds the vocabulary, named in refusals
 * @param tokenizer what tokenizer.json holds, or what it would hold where there are only older
 *     files
 */
record TokenizerFiles(
    Path source,
    ObjectNode tokenizer,
    JsonNode tokenizerConfig,
    JsonNode specialTokensMap,
    JsonNode addedTokens,
    JsonNode config,
    JsonNode generationConfig) {

  /** In the order in which the reference gives ids to those that have none. */
  static final List<String> ROLES =
      List.of(
          "bos_token",
          "eos_token",
          "unk_token",
          "sep_token",
          "pad_token",
          "cls_token",
          "mask_token");

  static final JsonMapper JSON =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder().maxNameLength(1 << 20).build())
                  .build())
          .build();

  static TokenizerFiles read(Path folder) {
    TokenizerFiles files =
        new TokenizerFiles(
            folder,
            JsonNodeFactory.instance.objectNode(),
            optional(folder.resolve("tokenizer_config.json")),
            optional(folder.resolve("special_tokens_map.json")),
            optional(folder.resolve("added_tokens.json")),
            optional(folder.resolve("config.json")),
            optional(folder.resolve("generation_config.json")));
    Path file = folder.resolve("tokenizer.json");
    if (Files.isRegularFile(file)) {
      ObjectNode tokenizer = TokenizerSchema.check(file, json(file));
      return files.with(file, tokenizer).withListedTokens();
    }
    TokenizerFiles older = OlderFiles.complete(files);
    if (older != null) {
      TokenizerSchema.check(older.source(), older.tokenizer());
      return older;
    }
    throw new HoneException(
        file
            + " is missing: a tokenizer in Hugging Face's tokenizer.json format is expected there"
            + (Files.isDirectory(folder)
                ? "; save it with AutoTokenizer.from_pretrained(...).save_pretrained(...)"
                : ", but the folder does not exist"));
  }

  TokenizerFiles with(Path newSource, ObjectNode newTokenizer) {
    return new TokenizerFiles(
        newSource,
        newTokenizer,
        tokenizerConfig,
        specialTokensMap,
        addedTokens,
        config,
        generationConfig);
  }

  TokenizerFiles withSpecialTokensMap(ObjectNode newMap) {
    return new TokenizerFiles(
        source, tokenizer, tokenizerConfig, newMap, addedTokens, config, generationConfig);
  }

  /** Tokens that only the files beside tokenizer.json list, or to which only they give a role. */
  private TokenizerFiles withListedTokens() {
    AddedTokens added = new AddedTokens(source, tokenizer);
    listedTokens().forEach(added::put);
    for (String role : ROLES) {
      AddedToken token = roleToken(role);
      if (token != null && added.knows(token.content())) {
        added.put(token);
      }
    }
    for (AddedToken token : moreSpecialTokens()) {
      // Transformers 5 names every added token there, Gemma's line break too: what tokenizer.json
      // says of its own tokens counts.
      if (!added.lists(token.content())) {
        added.put(token);
      }
    }
    added.apply();
    return this;
  }

  /** All tokens by id: the model's vocabulary, then the added tokens. */
  Map<String, Integer> vocabulary() {
    Map<String, Integer> ids = AddedTokens.vocabulary(tokenizer);
    for (JsonNode token : tokenizer.path("added_tokens")) {
      ids.put(token.path("content").stringValue(), token.path("id").intValue());
    }
    return ids;
  }

  /** Added tokens marked special, as they are spelt in a text. */
  List<String> specialTokens() {
    List<String> special = new ArrayList<>();
    for (JsonNode token : tokenizer.path("added_tokens")) {
      if (token.path("special").asBoolean(false)) {
        special.add(token.path("content").stringValue());
      }
    }
    return special;
  }

  /** Added tokens with their ids: added_tokens_decoder, or added_tokens.json of older folders. */
  List<AddedToken> listedTokens() {
    List<AddedToken> tokens = new ArrayList<>();
    JsonNode byId = tokenizerConfig.path("added_tokens_decoder");
    for (Map.Entry<String, JsonNode> entry : byId.properties()) {
      AddedToken token = AddedToken.read(entry.getValue(), false);
      if (token != null && entry.getKey().matches("\\d{1,9}")) {
        tokens.add(token.withId(Integer.parseInt(entry.getKey())));
      }
    }
    if (byId.isEmpty()) {
      for (Map.Entry<String, JsonNode> entry : addedTokens.properties()) {
        if (entry.getValue().isInt() && entry.getValue().intValue() >= 0) {
          tokens.add(AddedToken.of(entry.getKey(), false).withId(entry.getValue().intValue()));
        }
      }
    }
    tokens.removeIf(token -> token.content().isEmpty());
    return tokens;
  }

  /** Special tokens without a role. */
  List<AddedToken> moreSpecialTokens() {
    List<AddedToken> tokens = new ArrayList<>();
    for (JsonNode source : List.of(tokenizerConfig, specialTokensMap)) {
      for (String key : List.of("additional_special_tokens", "extra_special_tokens")) {
        for (JsonNode node : source.path(key)) {
          AddedToken token = AddedToken.read(node, true);
          if (token != null) {
            tokens.add(token);
          }
        }
      }
    }
    return tokens;
  }

  /** The token of a role with its flags, or null. */
  @Nullable AddedToken roleToken(String role) {
    if (denies(role)) {
      return null;
    }
    for (JsonNode source : List.of(tokenizerConfig, specialTokensMap)) {
      AddedToken token = AddedToken.read(source.path(role), true);
      if (token != null) {
        return token.withId(-1);
      }
    }
    return null;
  }

  /** The text of a role such as {@code eos_token}: a string or an object with {@code content}. */
  @Nullable String token(String role) {
    AddedToken token = roleToken(role);
    return token == null ? null : token.content();
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
    for (JsonNode from : List.of(generationConfig, config)) {
      JsonNode value = from.path(key);
      for (JsonNode id : value.isArray() ? value : List.of(value)) {
        if (id.isInt() && id.intValue() >= 0 && !ids.contains(id.intValue())) {
          ids.add(id.intValue());
        }
      }
    }
    return ids;
  }

  /** A flag of tokenizer_config.json. */
  boolean flag(String key, boolean otherwise) {
    return VocabFiles.flag(tokenizerConfig, key, otherwise);
  }

  /** Publishers write 1e30 for "no limit". */
  OptionalLong modelMaxLength() {
    JsonNode length = tokenizerConfig.path("model_max_length");
    return length.isIntegralNumber() && length.canConvertToInt() && length.intValue() > 0
        ? OptionalLong.of(length.intValue())
        : OptionalLong.empty();
  }

  /** The same files with more tokens, which get the ids from {@code first} on. */
  TokenizerFiles withAdded(List<String> contents, boolean special, int first) {
    ObjectNode copy = tokenizer.deepCopy();
    AddedTokens added = new AddedTokens(source, copy);
    int id = first;
    for (String content : contents) {
      if (content.isBlank() || added.knows(content)) {
        throw new HoneException(
            "cannot add the token '"
                + content
                + "': "
                + (content.isBlank() ? "it is empty" : source + " has it already; leave it out"));
      }
      added.put(AddedToken.of(content, special).withId(id++));
    }
    added.apply();
    return with(source, copy);
  }

  void save(Path folder) {
    try {
      Files.createDirectories(folder);
      if (!specialTokensMap.isEmpty()) {
        BpeVocabulary.write(folder.resolve("special_tokens_map.json"), specialTokensMap);
      }
      if (!tokenizerConfig.isEmpty()) {
        BpeVocabulary.write(folder.resolve("tokenizer_config.json"), withoutAddedTokens());
      }
      BpeVocabulary.write(folder.resolve("tokenizer.json"), tokenizer);
    } catch (IOException e) {
      throw new HoneException("cannot write the tokenizer to " + folder + ": " + e.getMessage(), e);
    }
  }

  /** tokenizer.json lists them all; a second list would be one to keep equal. */
  private JsonNode withoutAddedTokens() {
    ObjectNode copy = (ObjectNode) tokenizerConfig.deepCopy();
    copy.remove("added_tokens_decoder");
    return copy;
  }

  static JsonNode json(Path file) {
    try {
      return JSON.readTree(bytes(file));
    } catch (JacksonException e) {
      throw new HoneException(
          file
              + " is not valid JSON: "
              + e.getOriginalMessage().replace('\n', ' ')
              + "; download it again",
          e);
    }
  }

  static byte[] bytes(Path file) {
    try {
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw new HoneException("cannot read " + file + ": " + e.getMessage(), e);
    }
  }

  private static JsonNode optional(Path file) {
    if (!Files.isRegularFile(file)) {
      return JsonNodeFactory.instance.objectNode();
    }
    if (json(file) instanceof ObjectNode object) {
      return object;
    }
    throw new HoneException(file + " is no JSON object; download it again");
  }
}
