package dev.hone.tokenizer;

import dev.hone.error.HoneException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * A trained byte-level BPE vocabulary.
 *
 * @param tokens by id: special tokens, bytes, merges
 * @param merges "left right" in the order in which they apply
 */
public record BpeVocabulary(List<String> tokens, List<String> merges) {
  /** Ends a text, begins one, and stands for nothing known: as in GPT-2. */
  public static final String END_OF_TEXT = "<|endoftext|>";

  public static final String PAD = "<|pad|>";

  /** ChatML's marks around a message. */
  public static final String TURN_START = "<|im_start|>";

  public static final String TURN_END = "<|im_end|>";

  static final List<String> SPECIAL = List.of(END_OF_TEXT, PAD, TURN_START, TURN_END);

  private static final Map<String, String> ROLES =
      Map.of(
          "bos_token", END_OF_TEXT,
          "eos_token", END_OF_TEXT,
          "unk_token", END_OF_TEXT,
          "pad_token", PAD);

  public BpeVocabulary {
    tokens = List.copyOf(tokens);
    merges = List.copyOf(merges);
  }

  /** Writes tokenizer.json, tokenizer_config.json and special_tokens_map.json into a folder. */
  public void save(Path folder) {
    ObjectNode roles = JsonNodeFactory.instance.objectNode();
    ROLES.keySet().stream().sorted().forEach(role -> roles.put(role, ROLES.get(role)));
    ObjectNode config = JsonNodeFactory.instance.objectNode();
    config.put("tokenizer_class", "PreTrainedTokenizerFast");
    config.put("add_prefix_space", false);
    config.put("clean_up_tokenization_spaces", false);
    config.setAll(roles);
    ArrayNode extra = config.putArray("additional_special_tokens");
    extra.add(TURN_START).add(TURN_END);
    try {
      Files.createDirectories(folder);
      write(folder.resolve("special_tokens_map.json"), roles);
      write(folder.resolve("tokenizer_config.json"), config);
      write(folder.resolve("tokenizer.json"), tokenizerJson());
    } catch (IOException e) {
      throw new HoneException("cannot write the tokenizer to " + folder + ": " + e.getMessage(), e);
    }
  }

  private ObjectNode tokenizerJson() {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("version", "1.0");
    json.putNull("truncation");
    json.putNull("padding");
    ArrayNode added = json.putArray("added_tokens");
    for (String token : SPECIAL) {
      ObjectNode entry = added.addObject();
      entry.put("id", tokens.indexOf(token));
      entry.put("content", token);
      for (String off : List.of("single_word", "lstrip", "rstrip", "normalized")) {
        entry.put(off, false);
      }
      entry.put("special", true);
    }
    json.putNull("normalizer");
    ObjectNode preTokenizer = json.putObject("pre_tokenizer");
    preTokenizer.put("type", "Sequence");
    ArrayNode steps = preTokenizer.putArray("pretokenizers");
    steps.addObject().put("type", "Digits").put("individual_digits", true);
    byteLevel(steps.addObject());
    byteLevel(json.putObject("post_processor"));
    byteLevel(json.putObject("decoder"));
    ObjectNode model = json.putObject("model");
    model.put("type", "BPE");
    for (String none :
        List.of("dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix")) {
      model.putNull(none);
    }
    for (String off : List.of("fuse_unk", "byte_fallback", "ignore_merges")) {
      model.put(off, false);
    }
    ObjectNode vocab = model.putObject("vocab");
    for (int id = 0; id < tokens.size(); id++) {
      vocab.put(tokens.get(id), id);
    }
    ArrayNode list = model.putArray("merges");
    merges.forEach(list::add);
    return json;
  }

  private static void byteLevel(ObjectNode node) {
    node.put("type", "ByteLevel");
    node.put("add_prefix_space", false);
    node.put("trim_offsets", true);
    node.put("use_regex", true);
  }

  /** Beside, to disk, then in place: the reader of a folder never meets half a file. */
  static void write(Path file, JsonNode json) throws IOException {
    Path beside = file.resolveSibling("." + file.getFileName() + ".tmp");
    try {
      try (FileChannel out =
          FileChannel.open(
              beside,
              StandardOpenOption.CREATE,
              StandardOpenOption.TRUNCATE_EXISTING,
              StandardOpenOption.WRITE)) {
        ByteBuffer bytes =
            ByteBuffer.wrap(
                TokenizerFiles.JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(json));
        while (bytes.hasRemaining()) {
          out.write(bytes);
        }
        out.force(true);
      }
      Files.move(beside, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(beside);
    }
  }
}
