package dev.hone.issues;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.tokenizer.BpeTrainer;
import dev.hone.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Transformers 5 writes every added token of Gemma's SentencePiece model, line breaks among them,
 * into extra_special_tokens: answers lost their lines, and texts of strangers were cut differently.
 */
class LineBreakThatIsCalledSpecialTest {
  @TempDir Path folder;

  @Test
  void tokenizerJsonSaysWhichOfItsTokensAreSpecial() throws IOException {
    BpeTrainer.train(List.of("hello world"), 270).save(folder);
    Path file = folder.resolve("tokenizer.json");
    ObjectNode json = (ObjectNode) JsonMapper.shared().readTree(Files.readAllBytes(file));
    int breakId;
    try (Tokenizer before = Tokenizer.open(folder)) {
      breakId = before.vocabSize();
    }
    ((ArrayNode) json.path("added_tokens"))
        .addObject()
        .put("id", breakId)
        .put("content", "\n\n")
        .put("single_word", false)
        .put("lstrip", false)
        .put("rstrip", false)
        .put("normalized", false)
        .put("special", false);
    Files.writeString(file, json.toString());
    Files.writeString(
        folder.resolve("tokenizer_config.json"),
        "{\"extra_special_tokens\": [\"\\n\\n\", \"<|call|>\"]}");
    try (Tokenizer tokenizer = Tokenizer.open(folder)) {
      int[] ids = tokenizer.encode("hello\n\nworld<|call|>");
      assertTrue(Arrays.stream(ids).anyMatch(id -> id == breakId));
      assertEquals("hello\n\nworld", tokenizer.decode(ids, true));
      assertFalse(tokenizer.specialTokens().contains("\n\n"));
      assertTrue(tokenizer.specialTokens().contains("<|call|>"));
      assertArrayEquals(
          tokenizer.encode("hello\n\nworld"), tokenizer.encodePlain("hello\n\nworld"));
    }
  }
}
