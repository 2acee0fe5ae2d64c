package dev.hone.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.error.HoneException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

class AddedTokensTest {
  @TempDir Path folder;

  @Test
  void newTokensStandAtTheEndAndAreSaved() throws IOException {
    BpeTrainer.train(List.of("hello world"), 270).save(folder);
    Path saved = folder.resolve("saved");
    try (Tokenizer before = Tokenizer.open(folder);
        Tokenizer more = before.withAdded(List.of("<tool>", "</tool>"), true);
        Tokenizer most = more.withAdded(List.of("gro\u00dfes Wort"), false)) {
      int size = before.vocabSize();
      assertEquals(size + 3, most.vocabSize());
      assertEquals(size, most.id("<tool>"));
      assertEquals(size + 2, most.id("gro\u00dfes Wort"));
      int[] ids = most.encode("<tool>hello gro\u00dfes Wort</tool>");
      assertEquals(
          List.of(size, size + 2, size + 1),
          IntStream.of(ids).filter(id -> id >= size).boxed().toList());
      assertEquals("hello gro\u00dfes Wort", most.decode(ids, true));
      assertEquals("<tool>hello gro\u00dfes Wort</tool>", most.decode(ids, false));
      assertTrue(IntStream.of(most.encodePlain("<tool>")).noneMatch(id -> id >= size));
      assertTrue(IntStream.of(before.encode("<tool>")).noneMatch(id -> id >= size), "unchanged");
      most.save(saved);
      try (Tokenizer again = Tokenizer.open(saved)) {
        assertArrayEquals(ids, again.encode("<tool>hello gro\u00dfes Wort</tool>"));
        assertEquals(most.eosId(), again.eosId());
        assertEquals(most.padId(), again.padId());
        assertEquals(most.specialTokens(), again.specialTokens());
      }
      assertTrue(
          assertThrows(HoneException.class, () -> most.withAdded(List.of("<tool>"), true))
              .toString()
              .contains("'<tool>'"));
      assertThrows(HoneException.class, () -> most.withAdded(List.of("x1", "x1"), true));
      assertThrows(HoneException.class, () -> most.withAdded(List.of(" "), true));
    }
    try (var files = Files.list(saved)) {
      assertEquals(3, files.count(), "no file is left beside");
    }
  }

  @Test
  void idsAfterAGapAreKept() throws IOException {
    BpeTrainer.train(List.of("hello world"), 270).save(folder);
    int size;
    try (Tokenizer before = Tokenizer.open(folder)) {
      size = before.vocabSize();
    }
    Path file = folder.resolve("tokenizer.json");
    ObjectNode json = (ObjectNode) JsonMapper.shared().readTree(Files.readAllBytes(file));
    ArrayNode list = (ArrayNode) json.path("added_tokens");
    list.add(AddedToken.of("<far>", true).withId(size + 40).json());
    list.add(AddedToken.of("<near>", true).withId(size + 20).json());
    Files.writeString(file, json.toString());
    Files.writeString(
        folder.resolve("tokenizer_config.json"),
        "{\"added_tokens_decoder\": {\"" + (size + 60) + "\": {\"content\": \"<beside>\"}}}");
    try (Tokenizer tokenizer = Tokenizer.open(folder);
        Tokenizer more = tokenizer.withAdded(List.of("<new>"), true)) {
      assertArrayEquals(
          new int[] {size + 20, size + 60, size + 40}, tokenizer.encode("<near><beside><far>"));
      assertEquals("<near><far>", tokenizer.decode(new int[] {size + 20, size + 40}, false));
      assertArrayEquals(new int[] {size + 61}, more.encode("<new>"));
    }
  }

  @Test
  void contradictionsAreRefused() throws IOException {
    BpeTrainer.train(List.of("hello world"), 270).save(folder);
    for (String listed :
        List.of("{\"5\": {\"content\": \"<new>\"}}", "{\"9\": {\"content\": \"<|pad|>\"}}")) {
      Files.writeString(
          folder.resolve("tokenizer_config.json"), "{\"added_tokens_decoder\": " + listed + "}");
      HoneException refusal = assertThrows(HoneException.class, () -> Tokenizer.open(folder));
      assertTrue(refusal.toString().contains("tokenizer.json"), refusal.toString());
      assertTrue(refusal.toString().contains("cannot have the id"), refusal.toString());
    }
  }

  @Test
  void rolesAndFurtherSpecialTokensAreSpecialWhereOnlyOtherFilesSaySo() throws IOException {
    BpeTrainer.train(List.of("hello world"), 270).save(folder);
    Path file = folder.resolve("tokenizer.json");
    ObjectNode json = (ObjectNode) JsonMapper.shared().readTree(Files.readAllBytes(file));
    json.putArray("added_tokens");
    Files.writeString(file, json.toString());
    try (Tokenizer tokenizer = Tokenizer.open(folder)) {
      assertArrayEquals(
          new int[] {0, 2, 3}, tokenizer.encode("<|endoftext|><|im_start|><|im_end|>"));
      assertEquals("", tokenizer.decode(new int[] {0, 1, 2, 3}, true));
    }
  }
}
