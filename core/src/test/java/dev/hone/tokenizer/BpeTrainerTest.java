package dev.hone.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.error.HoneException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BpeTrainerTest {
  @Test
  void mergesAndIdsEqualANaiveTrainer(@TempDir Path folder) {
    for (int seed = 0; seed < 8; seed++) {
      List<String> texts = texts(new Random(seed), 60);
      BpeVocabulary fast = BpeTrainer.train(texts, 330);
      assertEquals(naiveMerges(texts, fast.tokens().subList(0, 260), 70), fast.merges());
      fast.save(folder);
      try (Tokenizer tokenizer = Tokenizer.open(folder)) {
        for (String text : texts(new Random(1000 + seed), 20)) {
          assertArrayEquals(naiveEncode(text, fast), tokenizer.encode(text), text);
        }
      }
    }
  }

  @Test
  void everyTextComesBack(@TempDir Path folder) {
    BpeTrainer.train(texts(new Random(1), 100), 400).save(folder);
    Random random = new Random(2);
    try (Tokenizer tokenizer = Tokenizer.open(folder)) {
      for (int i = 0; i < 300; i++) {
        StringBuilder text = new StringBuilder();
        for (int n = random.nextInt(30); n > 0; n--) {
          int point = random.nextInt(random.nextBoolean() ? 0x100 : 0x110000);
          text.appendCodePoint(point >= 0xD800 && point < 0xE000 ? ' ' : point);
        }
        int[] ids = tokenizer.encode(text.toString());
        assertEquals(text.toString(), tokenizer.decode(ids, false));
      }
    }
  }

  @Test
  void savedFilesAreTheSameForAnyOrderOfTheTexts(@TempDir Path folder) throws IOException {
    List<String> texts = texts(new Random(3), 80);
    BpeTrainer.train(texts, 350).save(folder.resolve("a"));
    BpeTrainer.train(texts.reversed(), 350).save(folder.resolve("b"));
    for (String file :
        List.of("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json")) {
      assertEquals(
          -1, Files.mismatch(folder.resolve("a").resolve(file), folder.resolve("b").resolve(file)));
    }
    try (var files = Files.list(folder.resolve("a"))) {
      assertEquals(3, files.count(), "nothing else is left behind");
    }
  }

  @Test
  void specialTokensHaveTheirRoles(@TempDir Path folder) {
    BpeTrainer.train(List.of("low lower lowest"), 280).save(folder);
    try (Tokenizer tokenizer = Tokenizer.open(folder)) {
      assertEquals(0, tokenizer.eosId());
      assertEquals(0, tokenizer.bosId());
      assertEquals(1, tokenizer.padId());
      assertEquals(2, tokenizer.id("<|im_start|>"));
      assertArrayEquals(new int[] {2, 3}, tokenizer.encode("<|im_start|><|im_end|>"));
      assertEquals(7, tokenizer.encode("2026-01").length, "a token for each digit");
    }
  }

  @Test
  void aTextThatRepeatsNothingStopsEarly() {
    assertEquals(260, BpeTrainer.train(List.of("abcdefg"), 400).tokens().size());
    var refusal = assertThrows(HoneException.class, () -> BpeTrainer.train(List.of(), 100));
    assertTrue(refusal.toString().contains("at least 260"), refusal.toString());
  }

  private static List<String> texts(Random random, int count) {
    List<String> texts = new ArrayList<>();
    String[] parts = {
      "low", "er", "est", "new", " ", "  ", "'s", "12", "é", "\n", "ab", "aa", ",", "日本"
    };
    for (int i = 0; i < count; i++) {
      StringBuilder text = new StringBuilder();
      for (int n = random.nextInt(12); n >= 0; n--) {
        text.append(parts[random.nextInt(parts.length)]);
      }
      texts.add(text.toString());
    }
    return texts;
  }

  /** Counts every pair of every text anew for each merge. */
  private static List<String> naiveMerges(List<String> texts, List<String> first, int count) {
    List<String> tokens = new ArrayList<>(first);
    List<List<String>> words = new ArrayList<>();
    for (String text : texts) {
      ByteLevel.split(text, piece -> words.add(letters(piece)));
    }
    List<String> merges = new ArrayList<>();
    while (merges.size() < count) {
      Map<String, Integer> counts = new TreeMap<>();
      for (List<String> word : words) {
        for (int i = 0; i + 1 < word.size(); i++) {
          counts.merge(word.get(i) + " " + word.get(i + 1), 1, Integer::sum);
        }
      }
      String best = "";
      for (String pair : counts.keySet()) {
        int lead = counts.get(pair) - counts.getOrDefault(best, 1);
        if (lead > 0 || (lead == 0 && !best.isEmpty() && older(pair, best, tokens))) {
          best = pair;
        }
      }
      if (best.isEmpty()) {
        break;
      }
      merges.add(best);
      tokens.add(best.replace(" ", ""));
      for (List<String> word : words) {
        merge(word, best);
      }
    }
    return merges;
  }

  private static boolean older(String pair, String than, List<String> tokens) {
    String[] a = pair.split(" ");
    String[] b = than.split(" ");
    int left = Integer.compare(tokens.indexOf(a[0]), tokens.indexOf(b[0]));
    return left != 0 ? left < 0 : tokens.indexOf(a[1]) < tokens.indexOf(b[1]);
  }

  private static int[] naiveEncode(String text, BpeVocabulary vocabulary) {
    List<Integer> ids = new ArrayList<>();
    ByteLevel.split(
        text,
        piece -> {
          List<String> word = letters(piece);
          vocabulary.merges().forEach(merge -> merge(word, merge));
          word.forEach(token -> ids.add(vocabulary.tokens().indexOf(token)));
        });
    return ids.stream().mapToInt(Integer::intValue).toArray();
  }

  private static void merge(List<String> word, String pair) {
    for (int i = 0; i + 1 < word.size(); i++) {
      if ((word.get(i) + " " + word.get(i + 1)).equals(pair)) {
        word.set(i, word.get(i) + word.remove(i + 1));
      }
    }
  }

  private static List<String> letters(String piece) {
    return new ArrayList<>(List.of(ByteLevel.spell(piece).split("")));
  }
}
