package dev.hone.tokenizer;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.error.HoneException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** A broken file is refused by name, or it works; it never ends the process. */
class HostileFilesTest {
  private static final JsonMapper JSON = JsonMapper.shared();
  private static final List<String> VALUES =
      List.of(
          "null",
          "true",
          "-1",
          "0",
          "1",
          "7",
          "1e300",
          "2147483648",
          "99999999999999999999",
          "\"\"",
          "\" \"",
          "\"\u2581\"",
          "\"(a+)+$\"",
          "\"##\"",
          "\"A\"",
          "[]",
          "{}",
          "[1]",
          "[\"a\",\"b\"]",
          "{\"Regex\":\"(\"}",
          "{\"Regex\":\"a*\"}",
          "{\"String\":\"\"}",
          "{\"type\":\"Fuse\"}",
          "{\"type\":\"Lowercase\"}",
          "{\"type\":\"ByteLevel\"}");

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"zoo", "unigram", "wordpiece", "pieces"})
  void changedTokenizerJson(String kind) throws IOException {
    ObjectNode seed = HostileSeeds.of(kind, folder);
    write("tokenizer.json", seed.toString().getBytes(StandardCharsets.UTF_8));
    assertTrue(survives(), "the unchanged file works");
    int worked = 0;
    for (int i = 0; i < 300; i++) {
      Random random = new Random(31L * i + kind.hashCode());
      ObjectNode changed = seed.deepCopy();
      for (int n = 1 + random.nextInt(3); n > 0; n--) {
        mutate(changed, random);
      }
      write("tokenizer.json", changed.toString().getBytes(StandardCharsets.UTF_8));
      worked += survives() ? 1 : 0;
    }
    assertTrue(worked > 20 && worked < 295, worked + " of 300 worked");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"tokenizer.model", "vocab.txt", "vocab.json", "merges.txt", "tokenizer.json"})
  void changedBytes(String name) throws IOException {
    older(name);
    byte[] seed = Files.readAllBytes(folder.resolve(name));
    assertTrue(survives(), "the unchanged file works");
    int refused = 0;
    for (int i = 0; i < 250; i++) {
      Random random = new Random(17L * i + name.hashCode());
      byte[] changed =
          random.nextInt(6) == 0 ? Arrays.copyOf(seed, random.nextInt(seed.length)) : seed.clone();
      for (int n = 1 + random.nextInt(4); n > 0 && changed.length > 0; n--) {
        changed[random.nextInt(changed.length)] = (byte) random.nextInt(256);
      }
      write(name, changed);
      refused += survives() ? 0 : 1;
    }
    assertTrue(refused > 10, refused + " refused");
  }

  /** Returns false where the folder was refused; fails where it was refused badly. */
  private boolean survives() {
    try (Tokenizer tokenizer = Tokenizer.open(folder)) {
      for (String text :
          List.of("", "a", "Hello  World 12, \u00e9 \ud83e\udd80 <s>x</s>", "AAAA \n\t b")) {
        int[] ids = tokenizer.encode(text);
        tokenizer.encodeWithSpecial(text);
        tokenizer.encodePlain(text);
        tokenizer.decode(ids, true);
      }
      tokenizer.decode(new int[] {0, 1, 2, 3, 100, 1 << 30, -1, 5, 5}, false);
      tokenizer.decode(new int[] {}, false);
      return true;
    } catch (HoneException e) {
      String message = e.toString();
      assertTrue(message.contains(folder.toString()) || message.contains("tokenizer"), message);
      assertFalse(message.contains("\n"), message);
      return false;
    }
  }

  @Test
  void whatTheLibraryDoesNotSurviveIsRefused() throws IOException {
    assertRefused(
        "{'decoder': {'type': 'Strip', 'content': ' ', 'start': 1, 'stop': 1}}", "decoder");
    assertRefused(
        "{'post_processor': {'type': 'TemplateProcessing', 'single': [{'SpecialToken':"
            + " {'id': '<s>', 'type_id': 0}}], 'pair': [], 'special_tokens': {}}}",
        "'<s>'".replace('\'', '"'));
    assertRefused(
        "{'post_processor': {'type': 'TemplateProcessing', 'single': [{'Sequence':"
            + " {'id': 'B', 'type_id': 0}}], 'pair': [], 'special_tokens': {}}}",
        "second text");
    assertRefused(
        "{'normalizer': {'type': 'Precompiled', 'precompiled_charsmap': 'BAAAAAD///8='}}",
        "normalisation rules");
    assertRefused(
        "{'pre_tokenizer': {'type': 'Split', 'pattern': {'Regex': '(a+)+b'}, 'behavior':"
            + " 'Isolated', 'invert': false}}",
        "several ways");
    assertRefused(
        "{'normalizer': {'type': 'Replace', 'pattern': {'Regex': 'q*'}, 'content': ' '}}",
        "Replace");
    assertRefused("{'normalizer': {'type': 'Prepend', 'prepend': ''}}", "prepend");
    assertRefused("{'added_tokens': [{'id': -3, 'content': 'x'}]}", "-3");
    assertRefused("{'model': {'type': 'BPE', 'vocab': {'a': 1e10}, 'merges': []}}", "model.vocab");
    assertRefused(
        "{'model': {'type': 'BPE', 'vocab': {'a': 0, 'b': 1}, 'merges': [['a', 'b']],"
            + " 'continuing_subword_prefix': '####'}}",
        "prefix");
  }

  private void assertRefused(String part, String word) throws IOException {
    ObjectNode json = HostileSeeds.of("pieces", folder);
    json.setAll((ObjectNode) JSON.readTree(part.replace('\'', '"')));
    write("tokenizer.json", JSON.writeValueAsBytes(json));
    HoneException refusal = assertThrows(HoneException.class, () -> Tokenizer.open(folder));
    assertTrue(refusal.toString().contains("tokenizer.json"), refusal.toString());
    assertTrue(refusal.toString().contains(word), refusal.toString());
  }

  @Test
  void patternsInUseAreNotDangerous() {
    for (String regex :
        List.of(
            "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*",
            " ?[^(\\s|[.,!?\u2026\u3002\uff0c])]+",
            "(?=(\\d{3})+(?!\\d))|(?:\\p{L}\\p{M})+",
            "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}]*[\\p{Ll}\\p{Lm}]+(?i:'s|'t)?|\\s+(?!\\S)|\\s+")) {
      assertNull(SafeRegex.danger(regex), regex);
    }
    for (String regex :
        List.of(
            "(a+)+", "(a|b*){2,}", "(?:(x*)y)*", "(a|a)*b", "(a?a?)+b", "(a)\\1", "a*a*a*a*b")) {
      assertNotNull(SafeRegex.danger(regex), regex);
    }
  }

  private void mutate(JsonNode root, Random random) {
    List<JsonNode> inner = new ArrayList<>();
    collect(root, inner, random.nextBoolean());
    JsonNode at = inner.get(random.nextInt(inner.size()));
    JsonNode value =
        random.nextInt(3) == 0
            ? inner.get(random.nextInt(inner.size())).deepCopy()
            : JSON.readTree(VALUES.get(random.nextInt(VALUES.size())));
    if (at instanceof ArrayNode list) {
      switch (random.nextInt(3)) {
        case 0 -> list.add(value);
        case 1 -> {
          if (!list.isEmpty()) {
            list.remove(random.nextInt(list.size()));
          }
        }
        default -> {
          if (!list.isEmpty()) {
            list.set(random.nextInt(list.size()), value);
          }
        }
      }
    } else if (at instanceof ObjectNode object && !object.isEmpty()) {
      List<String> names = new ArrayList<>(object.propertyNames());
      String name = names.get(random.nextInt(names.size()));
      JsonNode old = object.path(name);
      if (random.nextInt(4) == 0) {
        object.remove(name);
      } else if (random.nextInt(4) == 0) {
        object.set(name + "x", old);
      } else {
        object.set(name, value);
      }
    }
  }

  /** Objects and lists; without the vocabulary, where most of them would be. */
  private static void collect(JsonNode node, List<JsonNode> into, boolean vocabulary) {
    if (node.isContainer()) {
      into.add(node);
      for (Map.Entry<String, JsonNode> child : node.properties()) {
        if (vocabulary || !List.of("vocab", "merges").contains(child.getKey())) {
          collect(child.getValue(), into, vocabulary);
        }
      }
      if (node.isArray()) {
        node.forEach(child -> collect(child, into, vocabulary));
      }
    }
  }

  private void older(String name) throws IOException {
    switch (name) {
      case "tokenizer.model" -> {
        HostileSeeds.copy("bpe.model", folder.resolve(name));
        Files.writeString(folder.resolve("config.json"), "{\"model_type\": \"llama\"}");
      }
      case "vocab.txt" -> {
        Files.writeString(folder.resolve(name), "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nhello\n");
        Files.writeString(folder.resolve("config.json"), "{\"model_type\": \"bert\"}");
      }
      default -> {
        BpeVocabulary trained = BpeTrainer.train(List.of("hello hello world"), 264);
        if (name.equals("tokenizer.json")) {
          trained.save(folder);
          break;
        }
        ObjectNode ids = JSON.createObjectNode();
        trained.tokens().forEach(token -> ids.put(token, ids.size()));
        Files.writeString(folder.resolve("vocab.json"), ids.toString());
        Files.writeString(
            folder.resolve("merges.txt"), "#version: 0.2\n" + String.join("\n", trained.merges()));
        Files.writeString(folder.resolve("config.json"), "{\"model_type\": \"gpt2\"}");
      }
    }
  }

  private void write(String name, byte[] content) throws IOException {
    Files.write(folder.resolve(name), content);
  }
}
