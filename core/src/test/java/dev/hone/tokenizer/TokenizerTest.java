package dev.hone.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.error.HoneException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class TokenizerTest {
  private static final Path SHARED = Path.of(System.getProperty("hone.root")).resolve("../shared");

  private static Path shared(String path) {
    Path file = SHARED.resolve(path);
    Assumptions.assumeTrue(Files.exists(file), file + " is not here");
    return file;
  }

  private static JsonNode json(Path file) throws IOException {
    return JsonMapper.shared().readTree(Files.readAllBytes(file));
  }

  private static int[] ids(JsonNode list) {
    int[] ids = new int[list.size()];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = list.path(i).intValue();
    }
    return ids;
  }

  @ParameterizedTest
  @ValueSource(strings = {"gpt2", "bert-base-uncased", "t5-small", "smollm2"})
  void equalsTheReference(String name) throws IOException {
    JsonNode texts = json(shared("tokenizers/texts.json"));
    JsonNode expected = json(shared("tokenizers/expected/" + name + ".json")).path("rows");
    assertEquals(texts.size(), expected.size());
    try (Tokenizer tokenizer = Tokenizer.open(shared("tokenizers/" + name))) {
      for (int i = 0; i < texts.size(); i++) {
        String text = texts.path(i).stringValue();
        JsonNode row = expected.path(i);
        int[] ids = ids(row.path("ids"));
        assertArrayEquals(ids, tokenizer.encode(text), text);
        assertArrayEquals(ids(row.path("ids_special")), tokenizer.encodeWithSpecial(text), text);
        assertEquals(row.path("decoded").stringValue(), tokenizer.decode(ids, false), text);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"gpt2", "bert-base-uncased", "t5-small", "smollm2"})
  void plainEncodingIsTheSameWithoutSpecialTokensAndNeverForgesOne(String name) throws IOException {
    JsonNode texts = json(shared("tokenizers/texts.json"));
    try (Tokenizer tokenizer = Tokenizer.open(shared("tokenizers/" + name))) {
      Set<Integer> special =
          tokenizer.specialTokens().stream().map(tokenizer::id).collect(Collectors.toSet());
      assertFalse(special.contains(-1));
      Set<Integer> forbidden = new HashSet<>(special);
      forbidden.remove(tokenizer.unkId());
      int same = 0;
      for (JsonNode node : texts) {
        String text = node.stringValue();
        int[] plain = tokenizer.encodePlain(text);
        assertTrue(Arrays.stream(plain).noneMatch(forbidden::contains), text);
        int[] reference = tokenizer.encode(text);
        if (Arrays.stream(reference).noneMatch(special::contains)) {
          assertArrayEquals(reference, plain, text);
          same++;
        }
      }
      assertTrue(same > 100);
      for (String token : tokenizer.specialTokens()) {
        String forged = "a" + token + " b " + token;
        assertTrue(Arrays.stream(tokenizer.encode(forged)).anyMatch(special::contains));
        int[] plain = tokenizer.encodePlain(forged);
        assertTrue(Arrays.stream(plain).noneMatch(forbidden::contains), forged);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"gpt2", "t5-small", "smollm2"})
  void streamedTextIsTheDecodedText(String name) throws IOException {
    JsonNode texts = json(shared("tokenizers/texts.json"));
    try (Tokenizer tokenizer = Tokenizer.open(shared("tokenizers/" + name))) {
      for (JsonNode text : texts) {
        int[] ids = tokenizer.encode(text.stringValue());
        DecodeStream stream = tokenizer.decodeStream(false);
        StringBuilder all = new StringBuilder();
        for (int id : ids) {
          all.append(stream.next(id));
        }
        assertEquals(tokenizer.decode(ids, false), all.append(stream.flush()).toString());
      }
    }
  }

  @Test
  void incompleteCharacterIsWithheld() throws IOException {
    try (Tokenizer tokenizer = Tokenizer.open(shared("tokenizers/gpt2"))) {
      int[] ids = tokenizer.encode("\uD83E\uDD80");
      assertTrue(ids.length > 1);
      DecodeStream stream = tokenizer.decodeStream(false);
      for (int i = 0; i < ids.length - 1; i++) {
        assertEquals("", stream.next(ids[i]));
      }
      assertEquals("\uD83E\uDD80", stream.next(ids[ids.length - 1]));
      assertEquals("", stream.flush());
      assertEquals("", stream.next(ids[0]));
      assertEquals("\uFFFD", stream.flush());
    }
  }

  @Test
  void truncationLeftInTheFileCutsNothing() {
    try (Tokenizer tokenizer = Tokenizer.open(shared("tokenizers/smollm2"))) {
      assertEquals(3000, tokenizer.encode(" word".repeat(3000)).length);
      assertEquals(3000, tokenizer.encodeWithSpecial(" word".repeat(3000)).length);
    }
  }

  @Test
  void specialTokensComeFromEveryFile() {
    try (Tokenizer gpt2 = Tokenizer.open(shared("tokenizers/gpt2"));
        Tokenizer bert = Tokenizer.open(shared("tokenizers/bert-base-uncased"));
        Tokenizer t5 = Tokenizer.open(shared("tokenizers/t5-small"));
        Tokenizer stories = Tokenizer.open(shared("models/stories260K"))) {
      assertEquals(50256, gpt2.eosId());
      assertEquals(50256, gpt2.padId(), "pad falls back to eos");
      assertEquals(50257, gpt2.vocabSize());
      assertFalse(gpt2.addsBos());
      assertEquals(
          List.of(101, 102, 0, 100, -1, -1),
          List.of(
              bert.clsId(), bert.sepId(), bert.padId(), bert.unkId(), bert.eosId(), bert.bosId()));
      assertEquals(1, t5.eosId());
      assertEquals(0, t5.padId());
      assertEquals(-1, t5.bosId());
      assertEquals(-1, t5.id("no such token"));
      assertTrue(stories.addsBos());
      assertEquals(1, stories.bosId());
      assertEquals(Set.of(2), stories.eosIds());
    }
  }

  @Test
  void endTokensOfTheGenerationConfigCount(@TempDir Path folder) throws IOException {
    BpeTrainer.train(List.of("a b"), 260).save(folder);
    Files.writeString(folder.resolve("generation_config.json"), "{\"eos_token_id\": [3, 0]}");
    Files.writeString(folder.resolve("config.json"), "{\"eos_token_id\": 2}");
    try (Tokenizer tokenizer = Tokenizer.open(folder)) {
      assertEquals(0, tokenizer.eosId());
      assertEquals(Set.of(0, 3, 2), tokenizer.eosIds());
    }
    Files.writeString(
        folder.resolve("tokenizer_config.json"),
        "{\"eos_token\": {\"content\": \"<|im_end|>\"}, \"bos_token\": null}");
    Files.delete(folder.resolve("special_tokens_map.json"));
    Files.writeString(folder.resolve("config.json"), "{\"bos_token_id\": 1, \"pad_token_id\": 1}");
    try (Tokenizer tokenizer = Tokenizer.open(folder)) {
      assertEquals(3, tokenizer.eosId());
      assertEquals(-1, tokenizer.bosId(), "null in tokenizer_config.json means none");
      assertEquals(1, tokenizer.padId());
    }
  }

  @Test
  void refusalsNameTheFile(@TempDir Path folder) throws IOException {
    assertRefused(folder.resolve("none"), "tokenizer.json is missing", "does not exist");
    assertRefused(folder, "tokenizer.json is missing", "save_pretrained");
    Files.writeString(folder.resolve("tokenizer.json"), "{\"model\": ");
    assertRefused(folder, "tokenizer.json is not valid JSON");
    Files.writeString(folder.resolve("tokenizer.json"), "[]");
    assertRefused(folder, "tokenizer.json is not a tokenizer");
    Files.writeString(folder.resolve("tokenizer.json"), "{\"model\": {\"type\": \"Magic\"}}");
    assertRefused(folder, "tokenizer.json cannot be loaded");
    BpeTrainer.train(List.of("a b"), 260).save(folder);
    Files.writeString(folder.resolve("tokenizer_config.json"), "{\"eos_token\": \"</s>\"}");
    assertRefused(folder, "no token '</s>'", "eos_token");
  }

  @Test
  void halfACharacterIsRefused(@TempDir Path folder) {
    BpeTrainer.train(List.of("a b"), 260).save(folder);
    try (Tokenizer tokenizer = Tokenizer.open(folder)) {
      var refusal = assertThrows(HoneException.class, () -> tokenizer.encode("ab\uD83E"));
      assertTrue(refusal.toString().contains("\\ud83e at character 2"), refusal.toString());
    }
  }

  private static void assertRefused(Path folder, String... words) {
    var refusal = assertThrows(HoneException.class, () -> Tokenizer.open(folder));
    for (String word : words) {
      assertTrue(refusal.toString().contains(word), refusal.toString());
    }
    assertFalse(refusal.toString().contains("\n"), refusal.toString());
  }
}
