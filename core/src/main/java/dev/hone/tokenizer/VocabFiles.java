package dev.hone.tokenizer;

import dev.hone.error.HoneException;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** Tokenizers from WordPiece's vocab.txt and from vocab.json with merges.txt. */
final class VocabFiles {
  /** How Qwen2 cuts a text into words. */
  private static final String QWEN2_WORDS =
      "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}"
          + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

  private VocabFiles() {}

  /** One token a line, the line's number from 0 is its id (Devlin et al. 2018). */
  static ObjectNode wordPiece(Path file, JsonNode options, String unknown) {
    ObjectNode vocab = JsonNodeFactory.instance.objectNode();
    int id = 0;
    for (String line : lines(file)) {
      vocab.put(line, id++);
    }
    if (!vocab.has(unknown)) {
      throw new HoneException(
          file
              + " has no token '"
              + unknown
              + "', the unk_token; take it and tokenizer_config.json from the same model");
    }
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    JsonNode accents = options.path("strip_accents");
    json.set(
        "normalizer",
        Parts.of(
            "BertNormalizer",
            "clean_text",
            true,
            "handle_chinese_chars",
            flag(options, "tokenize_chinese_chars", true),
            "strip_accents",
            accents.isBoolean() ? accents : Parts.none(),
            "lowercase",
            flag(options, "do_lower_case", true)));
    json.set("pre_tokenizer", Parts.of("BertPreTokenizer"));
    json.set("decoder", Parts.of("WordPiece", "prefix", "##", "cleanup", true));
    json.set(
        "model",
        Parts.of(
            "WordPiece",
            "unk_token",
            unknown,
            "continuing_subword_prefix",
            "##",
            "max_input_chars_per_word",
            100,
            "vocab",
            vocab));
    return json;
  }

  /** Byte-level BPE (Radford et al. 2019); the merges stand beside the vocabulary. */
  static ObjectNode byteLevel(
      Path file, JsonNode options, Family family, @Nullable String unknown) {
    Path mergesFile = file.resolveSibling("merges.txt");
    JsonNode vocab = TokenizerFiles.json(file);
    if (!(vocab instanceof ObjectNode ids) || ids.isEmpty()) {
      throw new HoneException(file + " is not a vocabulary: expected an object of token to id");
    }
    for (Map.Entry<String, JsonNode> entry : ids.properties()) {
      if (!entry.getValue().isInt() || entry.getValue().intValue() < 0) {
        throw new HoneException(
            file
                + ": '"
                + entry.getKey()
                + "' has the id "
                + entry.getValue()
                + ", no whole number");
      }
    }
    boolean prefixSpace = flag(options, "add_prefix_space", false);
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    boolean composes = family == Family.QWEN2 || family == Family.GPT_NEOX;
    json.set("normalizer", composes ? Parts.of("NFC") : Parts.none());
    if (family == Family.QWEN2) {
      json.set(
          "pre_tokenizer",
          Parts.sequence(
              "pretokenizers",
              List.of(
                  Parts.of(
                      "Split",
                      "pattern",
                      Parts.pattern("Regex", QWEN2_WORDS),
                      "behavior",
                      "Isolated",
                      "invert",
                      false),
                  Parts.byteLevel(prefixSpace, false))));
    } else {
      json.set("pre_tokenizer", Parts.byteLevel(prefixSpace, true));
    }
    json.set("decoder", Parts.byteLevel(true, true));
    json.set(
        "model",
        bpe(ids, merges(mergesFile, ids), unknown != null && ids.has(unknown) ? unknown : null));
    return json;
  }

  static ObjectNode bpe(ObjectNode vocab, ArrayNode merges, @Nullable String unknown) {
    return Parts.of(
        "BPE",
        "dropout",
        null,
        "unk_token",
        unknown,
        "continuing_subword_prefix",
        null,
        "end_of_word_suffix",
        null,
        "fuse_unk",
        false,
        "byte_fallback",
        false,
        "ignore_merges",
        false,
        "vocab",
        vocab,
        "merges",
        merges);
  }

  static boolean flag(JsonNode options, String key, boolean otherwise) {
    JsonNode value = options.path(key);
    if (value.isMissingNode() || value.isNull()) {
      return otherwise;
    }
    if (!value.isBoolean()) {
      throw new HoneException(
          "tokenizer_config.json: '" + key + "' is " + value + ", expected true or false");
    }
    return value.booleanValue();
  }

  private static ArrayNode merges(Path file, ObjectNode vocab) {
    ArrayNode merges = JsonNodeFactory.instance.arrayNode();
    Set<String> seen = new HashSet<>();
    int number = 0;
    for (String line : lines(file)) {
      number++;
      if (line.isBlank() || number == 1 && line.startsWith("#version")) {
        continue;
      }
      int space = line.indexOf(' ');
      String left = space < 0 ? "" : line.substring(0, space);
      String right = line.substring(space + 1);
      if (left.isEmpty() || right.isEmpty() || right.indexOf(' ') >= 0) {
        throw new HoneException(
            file + ", line " + number + ": expected two tokens with one space between them");
      }
      for (String token : List.of(left, right, left + right)) {
        if (!vocab.has(token)) {
          throw new HoneException(
              file
                  + ", line "
                  + number
                  + ": '"
                  + token
                  + "' is not in vocab.json; take both files from the same model");
        }
      }
      if (seen.add(line)) { // the first of two equal lines has the rank that counts
        merges.addArray().add(left).add(right);
      }
    }
    return merges;
  }

  private static List<String> lines(Path file) {
    List<String> lines = new ArrayList<>();
    try (BufferedReader reader =
        new BufferedReader(
            new InputStreamReader(
                new ByteArrayInputStream(Files.readAllBytes(file)),
                StandardCharsets.UTF_8.newDecoder()))) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        lines.add(line);
      }
    } catch (CharacterCodingException e) {
      throw new HoneException(file + " is not UTF-8 text; download it again", e);
    } catch (IOException e) {
      throw new HoneException("cannot read " + file + ": " + e.getMessage(), e);
    }
    return lines;
  }
}
