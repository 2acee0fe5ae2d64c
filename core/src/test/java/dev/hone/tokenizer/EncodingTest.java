package dev.hone.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.hone.TinyTokenizers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EncodingTest {
  @TempDir Path folder;

  @Test
  void tokensKnowWhereTheyComeFrom() {
    try (Tokenizer tokenizer =
        TinyTokenizers.wordPiece(folder, List.of("lamp", "##s", "red", "is", "it", "?"))) {
      Encoding encoding = tokenizer.whole("Is it?", "\ud83d\ude00 red lamps");
      assertArrayEquals(new int[] {2, 8, 9, 10, 3, 1, 7, 5, 6, 3}, encoding.ids());
      assertArrayEquals(new int[] {0, 0, 0, 0, 0, 1, 1, 1, 1, 1}, encoding.types());
      assertArrayEquals(new int[] {-1, 0, 0, 0, -1, 1, 1, 1, 1, -1}, encoding.texts());
      assertArrayEquals(new int[] {0, 0, 3, 5, 0, 0, 3, 7, 11, 0}, encoding.begins());
      assertArrayEquals(new int[] {0, 2, 5, 6, 0, 2, 6, 11, 12, 0}, encoding.ends());
      assertArrayEquals(new int[] {-1, 0, 1, 2, -1, 0, 1, 2, 2, -1}, encoding.words());
    }
  }

  @Test
  void wordsThatStandApartKeepTheirNumbers() {
    try (Tokenizer tokenizer =
        TinyTokenizers.wordPiece(folder, List.of("lamp", "##s", "a", "-", "b"))) {
      Encoding encoding = tokenizer.words(List.of("lamps", "a-b", "", "lamp"));
      assertArrayEquals(new int[] {2, 5, 6, 7, 8, 9, 5, 3}, encoding.ids());
      assertArrayEquals(new int[] {-1, 0, 0, 1, 1, 1, 3, -1}, encoding.words());
    }
  }

  /** The reference asks for add_prefix_space here: every word is one in the middle of a text. */
  @Test
  void aByteLevelTokenizerKnowsAWordByItsBlank() {
    Path gpt2 =
        Path.of(System.getProperty("hone.root", ".")).resolveSibling("shared/tokenizers/gpt2");
    Assumptions.assumeTrue(Files.isDirectory(gpt2), "no reference tokenizer here");
    try (Tokenizer tokenizer = Tokenizer.open(gpt2)) {
      Encoding encoding = tokenizer.words(List.of("Hello", "worlds"));
      assertArrayEquals(tokenizer.encode(" Hello worlds"), encoding.ids());
      assertEquals(0, encoding.words()[0]);
    }
  }
}
