package dev.hone.tokenizer;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Good files, to be broken. */
final class HostileSeeds {
  private static final JsonMapper JSON = JsonMapper.shared();

  private HostileSeeds() {}

  /**
   * @param kind {@code wordpiece}, {@code unigram}, {@code pieces} or {@code zoo}, which has every
   *     step that the library knows
   * @param folder in which to work
   */
  static ObjectNode of(String kind, Path folder) throws IOException {
    Path work = Files.createDirectories(folder.resolve("seed"));
    try {
      return switch (kind) {
        case "wordpiece" -> {
          Files.writeString(
              work.resolve("vocab.txt"),
              "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nhello\na\n##a\nworld\n");
          Files.writeString(work.resolve("config.json"), "{\"model_type\": \"bert\"}");
          yield TokenizerFiles.read(work).tokenizer();
        }
        case "unigram", "pieces" -> {
          boolean unigram = kind.equals("unigram");
          copy(unigram ? "unigram.model" : "bpe.model", work.resolve("tokenizer.model"));
          Files.writeString(work.resolve("config.json"), "{\"model_type\": \"llama\"}");
          ObjectNode json = TokenizerFiles.read(work).tokenizer();
          if (unigram) {
            ((ArrayNode) json.path("normalizer").path("normalizers"))
                .insert(
                    0,
                    Parts.of(
                        "Precompiled",
                        "precompiled_charsmap",
                        Base64.getEncoder().encodeToString(charsMap())));
          }
          yield json;
        }
        default -> zoo(work);
      };
    } finally {
      try (var files = Files.list(work)) {
        for (Path file : files.toList()) {
          Files.delete(file);
        }
      }
    }
  }

  private static ObjectNode zoo(Path work) throws IOException {
    BpeTrainer.train(List.of("a b hello world hello"), 270).save(work);
    ObjectNode json =
        (ObjectNode) JSON.readTree(Files.readAllBytes(work.resolve("tokenizer.json")));
    json.setAll(
        (ObjectNode)
            JSON.readTree(
                """
                {"normalizer": {"type": "Sequence", "normalizers": [
                  {"type": "NFC"}, {"type": "Nmt"}, {"type": "NFKD"}, {"type": "StripAccents"},
                  {"type": "Strip", "strip_left": true, "strip_right": false},
                  {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "},
                  {"type": "Replace", "pattern": {"String": "``"}, "content": "\\""},
                  {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
                   "strip_accents": null, "lowercase": false},
                  {"type": "Lowercase"}, {"type": "Prepend", "prepend": "_"}]},
                "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
                  {"type": "Digits", "individual_digits": true}, {"type": "UnicodeScripts"},
                  {"type": "Punctuation", "behavior": "Isolated"},
                  {"type": "Metaspace", "replacement": "_", "prepend_scheme": "first", "split": true},
                  {"type": "Split", "pattern": {"Regex": "[a-z]+|[^a-z]"}, "behavior": "Removed",
                   "invert": true},
                  {"type": "CharDelimiterSplit", "delimiter": "|"}, {"type": "Whitespace"},
                  {"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true,
                   "use_regex": true}]},
                "post_processor": {"type": "Sequence", "processors": [
                  {"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true,
                   "use_regex": true},
                  {"type": "TemplateProcessing",
                   "single": [{"SpecialToken": {"id": "<|pad|>", "type_id": 0}},
                     {"Sequence": {"id": "A", "type_id": 0}}],
                   "pair": [{"Sequence": {"id": "A", "type_id": 0}},
                     {"Sequence": {"id": "B", "type_id": 1}}],
                   "special_tokens": {"<|pad|>": {"id": "<|pad|>", "ids": [1],
                     "tokens": ["<|pad|>"]}}}]},
                "decoder": {"type": "Sequence", "decoders": [
                  {"type": "Replace", "pattern": {"String": "_"}, "content": " "},
                  {"type": "Strip", "content": " ", "start": 1, "stop": 0},
                  {"type": "WordPiece", "prefix": "##", "cleanup": true},
                  {"type": "BPEDecoder", "suffix": "</w>"},
                  {"type": "CTC", "pad_token": "<pad>", "word_delimiter_token": "|",
                   "cleanup": true},
                  {"type": "Metaspace", "replacement": "_", "prepend_scheme": "always",
                   "split": true},
                  {"type": "ByteFallback"}, {"type": "ByteLevel", "add_prefix_space": true,
                   "trim_offsets": true, "use_regex": true}, {"type": "Fuse"}]}}
                """));
    return json;
  }

  /** A table with one rule, "A" becomes "a", in the form that {@link CharsMap} describes. */
  private static byte[] charsMap() {
    ByteBuffer map = ByteBuffer.allocate(4 + 512 * 4 + 2).order(ByteOrder.LITTLE_ENDIAN);
    map.putInt(0, 512 * 4);
    map.putInt(4 + 'A' * 4, 'A' | 1 << 8 | (256 ^ 'A') << 10);
    map.putInt(4 + 256 * 4, 1 << 31);
    map.put(4 + 512 * 4, (byte) 'a');
    return map.array();
  }

  static void copy(String resource, Path file) throws IOException {
    try (InputStream in = HostileSeeds.class.getResourceAsStream(resource)) {
      Files.write(file, Objects.requireNonNull(in, resource).readAllBytes());
    }
  }
}
