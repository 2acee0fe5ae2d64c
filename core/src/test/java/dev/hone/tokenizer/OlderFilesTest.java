package dev.hone.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.error.HoneException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Tokenizers without tokenizer.json. The three small SentencePiece models and pieces.json, their
 * encodings, were made with the sentencepiece library.
 */
class OlderFilesTest {
  private static final Path SHARED = Path.of(System.getProperty("hone.root")).resolve("../shared");
  private static final JsonMapper JSON = JsonMapper.shared();

  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource({
    "bpe, llama, tokenizer.model, 1, -1",
    "gemma, gemma, tokenizer.model, 2, -1",
    "unigram, t5, spiece.model, -1, 2",
    "unigram, mistral, tokenizer.model, 1, -1"
  })
  void piecesAreThoseOfSentencePiece(String model, String type, String file, int first, int last)
      throws IOException {
    resource(model + ".model", folder.resolve(file));
    config("{\"model_type\": \"" + type + "\"}");
    JsonNode reference = reference();
    try (Tokenizer tokenizer = Tokenizer.open(folder)) {
      for (int i = 0; i < reference.path("texts").size(); i++) {
        String text = reference.path("texts").path(i).stringValue();
        int[] ids = ids(reference.path(model).path(i));
        assertArrayEquals(ids, tokenizer.encode(text), text);
        assertArrayEquals(around(first, ids, last), tokenizer.encodeWithSpecial(text), text);
        JsonNode decoded = reference.path(model + "_text").path(i);
        if (decoded.isString()) {
          assertEquals(decoded.stringValue(), tokenizer.decode(ids, false), text);
        }
      }
      assertEquals(first >= 0, tokenizer.addsBos());
      assertEquals(last >= 0, tokenizer.addsEos());
    }
  }

  /** The first word is one by its place, also where spaces before it were taken away. */
  @Test
  void aSpaceBeforeTheFirstWordCostsItsPrefixNothing() throws IOException {
    resource("unigram.model", folder.resolve("spiece.model"));
    options("{\"tokenizer_class\": \"T5Tokenizer\", \"legacy\": false}");
    JsonNode reference = reference();
    try (Tokenizer tokenizer = Tokenizer.open(folder)) {
      assertArrayEquals(tokenizer.encode("the"), tokenizer.encode("  the "));
      for (int i = 0; i < reference.path("texts").size(); i++) {
        String text = reference.path("texts").path(i).stringValue();
        int[] ids = ids(reference.path("unigram").path(i));
        assertArrayEquals(ids, tokenizer.encode("   " + text), text);
        if (!text.startsWith(Parts.SPACE)) { // is taken for the prefix, as by the reference
          assertArrayEquals(ids, tokenizer.encode(text), text);
        }
      }
    }
  }

  @Test
  void xlmRobertaShiftsTheIds() throws IOException {
    resource("unigram.model", folder.resolve("sentencepiece.bpe.model"));
    config("{\"model_type\": \"xlm-roberta\"}");
    JsonNode reference = reference();
    try (Tokenizer tokenizer = Tokenizer.open(folder)) {
      assertEquals(
          List.of(0, 1, 2, 3, 151),
          List.of(
              tokenizer.bosId(),
              tokenizer.padId(),
              tokenizer.eosId(),
              tokenizer.unkId(),
              tokenizer.maskId()));
      assertEquals(152, tokenizer.vocabSize());
      for (int i = 0; i < reference.path("texts").size(); i++) {
        int[] ids =
            Arrays.stream(ids(reference.path("unigram").path(i)))
                .map(id -> id == 0 ? 3 : id + 1)
                .toArray();
        String text = reference.path("texts").path(i).stringValue();
        assertArrayEquals(around(0, ids, 2), tokenizer.encodeWithSpecial(text), text);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "gpt2, vocab.json merges.txt",
    "bert-base-uncased, vocab.txt",
    "t5-small, spiece.model"
  })
  void olderFilesEncodeLikeTheReference(String name, String files) throws IOException {
    Path source = SHARED.resolve("tokenizers").resolve(name);
    Assumptions.assumeTrue(Files.isDirectory(source), source + " is not here");
    for (String file : files.split(" ")) {
      if (file.equals("spiece.model")) {
        Files.write(
            folder.resolve(file),
            spiece(JSON.readTree(Files.readAllBytes(source.resolve("tokenizer.json")))));
      } else {
        Files.copy(source.resolve(file), folder.resolve(file));
      }
    }
    Files.copy(source.resolve("tokenizer_config.json"), folder.resolve("tokenizer_config.json"));
    JsonNode texts = JSON.readTree(Files.readAllBytes(SHARED.resolve("tokenizers/texts.json")));
    JsonNode rows =
        JSON.readTree(Files.readAllBytes(SHARED.resolve("tokenizers/expected/" + name + ".json")))
            .path("rows");
    try (Tokenizer tokenizer = Tokenizer.open(folder);
        Tokenizer published = Tokenizer.open(source)) {
      List<String> all = new ArrayList<>();
      for (int i = 0; i < texts.size(); i++) {
        String text = texts.path(i).stringValue();
        all.add(text);
        int[] ids = ids(rows.path(i).path("ids"));
        assertArrayEquals(ids, tokenizer.encode(text), text);
        int[] whole = ids(rows.path(i).path("ids_special"));
        assertArrayEquals(whole, tokenizer.encodeWithSpecial(text), text);
        assertEquals(
            rows.path(i).path("decoded").stringValue(), tokenizer.decode(ids, false), text);
        assertEquals(published.decode(whole, true), tokenizer.decode(whole, true), text);
      }
      List<int[]> batch = tokenizer.encodeAll(all);
      for (int i = 0; i < all.size(); i++) {
        assertArrayEquals(ids(rows.path(i).path("ids")), batch.get(i), all.get(i));
      }
      assertEquals(published.vocabSize(), tokenizer.vocabSize());
      assertEquals(published.eosId(), tokenizer.eosId());
      assertEquals(published.padId(), tokenizer.padId());
      assertEquals(published.modelMaxLength(), tokenizer.modelMaxLength());
    }
  }

  @Test
  void llamaModelEncodesLikeItsTokenizerJson() throws IOException {
    Path source = SHARED.resolve("models/stories260K");
    Assumptions.assumeTrue(Files.isDirectory(source), source + " is not here");
    Files.copy(source.resolve("tokenizer.model"), folder.resolve("tokenizer.model"));
    Files.copy(source.resolve("tokenizer_config.json"), folder.resolve("tokenizer_config.json"));
    JsonNode texts = JSON.readTree(Files.readAllBytes(SHARED.resolve("tokenizers/texts.json")));
    try (Tokenizer tokenizer = Tokenizer.open(folder);
        Tokenizer published = Tokenizer.open(source)) {
      for (JsonNode text : texts) {
        int[] ids = published.encodeWithSpecial(text.stringValue());
        assertArrayEquals(ids, tokenizer.encodeWithSpecial(text.stringValue()));
        assertEquals(published.decode(ids, true), tokenizer.decode(ids, true));
      }
      assertEquals(512, tokenizer.modelMaxLength().orElseThrow());
    }
  }

  @Test
  void wordPieceFollowsItsOptions() throws IOException {
    Files.writeString(
        folder.resolve("vocab.txt"),
        "[PAD]\r\n[UNK]\r\n[CLS]\r\n[SEP]\r\n[MASK]\r\ncafe\r\nCaf\u00e9\r\nun\r\n##able\r\n");
    options("{\"tokenizer_class\": \"BertTokenizerFast\"}");
    try (Tokenizer tokenizer = Tokenizer.open(folder)) {
      assertArrayEquals(
          new int[] {2, 5, 7, 8, 4, 1, 3},
          tokenizer.encodeWithSpecial("Caf\u00e9 unable [MASK] x"));
      assertEquals("cafe unable", tokenizer.decode(new int[] {2, 5, 7, 8, 3}, true));
      assertEquals(4, tokenizer.maskId());
    }
    options("{\"tokenizer_class\": \"BertTokenizer\", \"do_lower_case\": false}");
    try (Tokenizer tokenizer = Tokenizer.open(folder)) {
      assertArrayEquals(new int[] {6, 5}, tokenizer.encode("Caf\u00e9 cafe"));
    }
    options("{\"tokenizer_class\": \"BertTokenizer\", \"do_lower_case\": \"yes\"}");
    assertRefused("do_lower_case");
  }

  @ParameterizedTest
  @CsvSource({
    "GPT2Tokenizer, gpt2, false, -1, -1",
    "GPT2Tokenizer, opt, false, 260, -1",
    "RobertaTokenizer, roberta, true, 259, 260",
    "BartTokenizer, bart, false, 259, 260",
    "Qwen2Tokenizer, qwen2, false, -1, -1"
  })
  void byteLevelFamiliesHaveTheirOwnEnds(
      String className, String type, boolean prefix, int first, int last) throws IOException {
    byteLevel();
    options("{\"tokenizer_class\": \"" + className + "\", \"add_prefix_space\": " + prefix + "}");
    config("{\"model_type\": \"" + type + "\"}");
    Files.writeString(
        folder.resolve("added_tokens.json"), "{\"<s>\": 259, \"</s>\": 260, \"<pad>\": 261}");
    try (Tokenizer tokenizer = Tokenizer.open(folder)) {
      int[] bare = tokenizer.encode("hello");
      assertArrayEquals(around(first, bare, last), tokenizer.encodeWithSpecial("hello"));
      assertArrayEquals(tokenizer.encode(prefix ? " hello" : "hello"), bare);
      assertFalse(Arrays.equals(tokenizer.encode(" hello"), tokenizer.encode("\nhello")));
      assertEquals(type.equals("opt"), tokenizer.bosId() == 260);
    }
  }

  @ParameterizedTest
  @CsvSource({"GPTNeoXTokenizer, true", "Qwen2Tokenizer, true", "GPT2Tokenizer, false"})
  void someFamiliesComposeCharacters(String className, boolean composes) throws IOException {
    byteLevel();
    options("{\"tokenizer_class\": \"" + className + "\"}");
    try (Tokenizer tokenizer = Tokenizer.open(folder)) {
      assertEquals(
          composes, Arrays.equals(tokenizer.encode("caf\u00e9"), tokenizer.encode("cafe\u0301")));
    }
  }

  @Test
  void debertaBeginsAndEndsWithItsBrackets() throws IOException {
    byteLevel();
    options("{\"tokenizer_class\": \"DebertaTokenizer\"}");
    Files.writeString(
        folder.resolve("added_tokens.json"),
        "{\"[CLS]\": 259, \"[SEP]\": 260, \"[PAD]\": 261, \"[UNK]\": 262, \"[MASK]\": 263}");
    try (Tokenizer tokenizer = Tokenizer.open(folder)) {
      assertEquals(259, tokenizer.bosId());
      assertEquals(260, tokenizer.eosId());
      assertArrayEquals(
          around(259, tokenizer.encode("hello"), 260), tokenizer.encodeWithSpecial("hello"));
    }
  }

  @Test
  void flagsDecideAboutTheEnds() throws IOException {
    resource("bpe.model", folder.resolve("tokenizer.model"));
    options(
        "{\"tokenizer_class\": \"LlamaTokenizer\", \"add_bos_token\": false, \"add_eos_token\": true}");
    try (Tokenizer tokenizer = Tokenizer.open(folder)) {
      assertArrayEquals(around(-1, tokenizer.encode("a"), 2), tokenizer.encodeWithSpecial("a"));
      tokenizer.save(folder.resolve("saved"));
    }
    Path saved = folder.resolve("saved/tokenizer_config.json");
    Files.writeString(
        saved, "{\"bos_token\": \"<s>\", \"eos_token\": \"</s>\", \"add_bos_token\": true}");
    try (Tokenizer tokenizer = Tokenizer.open(folder.resolve("saved"))) {
      assertArrayEquals(around(1, tokenizer.encode("a"), 2), tokenizer.encodeWithSpecial("a"));
      assertTrue(tokenizer.addsBos());
      assertTrue(tokenizer.addsEos());
    }
  }

  @Test
  void refusalsNameWhatIsMissing() throws IOException {
    resource("bpe.model", folder.resolve("tokenizer.model"));
    assertRefused("tokenizer_class");
    config("{\"model_type\": \"fancy\"}");
    assertRefused("'fancy'");
    options("{\"tokenizer_class\": \"CamembertTokenizer\"}");
    assertRefused("CamembertTokenizer");
    options("{\"tokenizer_class\": \"GPT2Tokenizer\"}");
    assertRefused("vocab.json is missing");
    byteLevel();
    Files.writeString(folder.resolve("merges.txt"), "#version: 0.2\nh e\nq z\n");
    assertRefused("merges.txt, line 3");
    options("{\"tokenizer_class\": \"LlamaTokenizer\"}");
    Files.write(folder.resolve("tokenizer.model"), new byte[] {10, 127, 1});
    assertRefused("tokenizer.model is not a SentencePiece model");
  }

  private void assertRefused(String word) {
    HoneException refusal = assertThrows(HoneException.class, () -> Tokenizer.open(folder));
    assertTrue(refusal.toString().contains(word), refusal.toString());
  }

  /** 259 tokens: the bytes, and two merges; ids as in vocab.json of GPT-2. */
  private void byteLevel() throws IOException {
    ObjectNode vocab = JSON.createObjectNode();
    vocab.put("<|endoftext|>", 0);
    for (int b = 0; b < 256; b++) {
      vocab.put(String.valueOf(ByteLevel.character(b)), b + 1);
    }
    vocab.put("he", 257);
    vocab.put("\u0120he", 258);
    Files.writeString(folder.resolve("vocab.json"), vocab.toString());
    Files.writeString(folder.resolve("merges.txt"), "#version: 0.2\nh e\n\u0120 he\n");
  }

  /** T5's SentencePiece file, put together from what its tokenizer.json holds. */
  private static byte[] spiece(JsonNode tokenizer) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    JsonNode vocab = tokenizer.path("model").path("vocab");
    for (int id = 0; id < vocab.size(); id++) {
      String text = vocab.path(id).path(0).stringValue();
      if (text.startsWith("<extra_id_")) {
        break;
      }
      byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
      ByteArrayOutputStream piece = new ByteArrayOutputStream();
      block(piece, 1, utf8);
      piece.write(2 << 3 | 5);
      piece.write(
          ByteBuffer.allocate(4)
              .order(ByteOrder.LITTLE_ENDIAN)
              .putFloat(vocab.path(id).path(1).floatValue())
              .array());
      piece.write(3 << 3);
      piece.write(id == 2 ? 2 : id < 2 ? 3 : 1);
      block(out, 1, piece.toByteArray());
    }
    block(out, 2, new byte[] {3 << 3, 1, (byte) (40 << 3 & 0x7F | 0x80), 40 >> 4, 2});
    ByteArrayOutputStream rules = new ByteArrayOutputStream();
    block(
        rules,
        2,
        Base64.getDecoder()
            .decode(tokenizer.path("normalizer").path("precompiled_charsmap").stringValue()));
    block(out, 3, rules.toByteArray());
    return out.toByteArray();
  }

  private static void block(ByteArrayOutputStream out, int field, byte[] content)
      throws IOException {
    out.write(field << 3 | 2);
    for (int left = content.length; ; left >>>= 7) {
      if (left < 0x80) {
        out.write(left);
        break;
      }
      out.write(left & 0x7F | 0x80);
    }
    out.write(content);
  }

  private static int[] around(int first, int[] ids, int last) {
    List<Integer> all = new ArrayList<>();
    if (first >= 0) {
      all.add(first);
    }
    Arrays.stream(ids).forEach(all::add);
    if (last >= 0) {
      all.add(last);
    }
    return all.stream().mapToInt(Integer::intValue).toArray();
  }

  private static JsonNode reference() throws IOException {
    try (InputStream in = OlderFilesTest.class.getResourceAsStream("pieces.json")) {
      assertNotNull(in);
      return JSON.readTree(in.readAllBytes());
    }
  }

  private static int[] ids(JsonNode list) {
    int[] ids = new int[list.size()];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = list.path(i).intValue();
    }
    return ids;
  }

  private static void resource(String name, Path file) throws IOException {
    try (InputStream in = OlderFilesTest.class.getResourceAsStream(name)) {
      assertNotNull(in, name);
      Files.write(file, in.readAllBytes());
    }
  }

  private void config(String json) throws IOException {
    Files.writeString(folder.resolve("config.json"), json);
  }

  private void options(String json) throws IOException {
    Files.writeString(folder.resolve("tokenizer_config.json"), json);
  }
}
