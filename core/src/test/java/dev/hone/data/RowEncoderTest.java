package dev.hone.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RowEncoderTest {
  private static final List<String> LABELS = List.of("bad", "good", "so so");

  @Test
  void onlyTheCompletionAndTheEndAreLearned() {
    Random random = new Random(1);
    for (int round = 0; round < 20; round++) {
      WordEncoder words = new WordEncoder(random.nextBoolean());
      String prompt = text(random, random.nextInt(6));
      // No blank between them: a token of the joined text would lie across the boundary.
      String completion = text(random, 1 + random.nextInt(6));
      TokenRow row =
          only(
              encoder(words, 100, List.of())
                  .encode(List.of(new Example.Completion(prompt, completion, "f:1"))));
      assertEquals(completion + "</s>", words.learned(row));
      assertEquals(
          (words.addsBos() ? "<s>" : "") + prompt + completion + "</s>", words.decode(row.ids()));
      assertEquals(words.eosId(), row.ids()[row.length() - 1]);
      assertEquals(-1, row.label());
    }
  }

  @Test
  void everyTokenRowIsOfItsExamplesTask() {
    WordEncoder words = new WordEncoder(true);
    EncodedRows rows =
        encoder(words, 100, List.of())
            .encode(
                List.of(
                    new Example.Completion("a b", " c", "f:1", "first"),
                    new Example.Completion("a b c", " d", "f:2"),
                    new Example.Pair(
                        new Example.Completion("a", " b", "f:3", "third"),
                        new Example.Completion("a", " c", "f:3", "third"),
                        "f:3")));
    Batch batch = Batch.of(rows.rows(), words.padId());
    assertEquals(List.of("first", "", "third", "third"), batch.tasks());
  }

  @Test
  void theEndIsALabelAlsoWhenItIsThePadToken() {
    WordEncoder words = new WordEncoder(true);
    EncodedRows rows =
        encoder(words, 100, List.of())
            .encode(
                List.of(
                    new Example.Completion("a b", " c", "f:1"),
                    new Example.Completion("a b c d", " e f g", "f:2")));
    Batch batch = Batch.of(rows.rows(), words.padId());
    assertEquals(2 + 4, batch.learnedTokens());
    assertEquals(words.eosId(), batch.labels()[rows.rows().getFirst().length() - 1]);
  }

  @Test
  void scoringSeesTheIdsOfTraining() {
    Random random = new Random(2);
    for (int round = 0; round < 20; round++) {
      WordEncoder words = new WordEncoder(random.nextBoolean());
      RowEncoder encoder = encoder(words, 12 + random.nextInt(20), LABELS);
      String text = text(random, 1 + random.nextInt(30));
      List<int[]> choices = encoder.choices(LABELS);
      for (int label = 0; label < LABELS.size(); label++) {
        Example.Labelled example = new Example.Labelled(text, LABELS.get(label), "f:1");
        TokenRow row = only(encoder.encode(List.of(example)));
        int[] prompt = encoder.prompt(example);
        int[] both =
            IntStream.concat(
                    IntStream.concat(Arrays.stream(prompt), Arrays.stream(choices.get(label))),
                    IntStream.of(words.eosId()))
                .toArray();
        assertArrayEquals(both, row.ids());
        assertEquals(label, row.label());
        assertEquals(" " + LABELS.get(label) + "</s>", words.learned(row));
        assertTrue(words.decode(prompt).endsWith("\nLabel:"));
      }
    }
  }

  @Test
  void aLongPromptLosesItsLeftPartAndNothingElse() {
    WordEncoder words = new WordEncoder(true);
    EncodedRows rows =
        encoder(words, 6, List.of())
            .encode(
                List.of(
                    new Example.Completion("a b c d e f", " x y", "f:1"),
                    new Example.Completion("a", " x y", "f:2")));
    assertEquals("<s> e f x y</s>", words.decode(rows.rows().getFirst().ids()));
    assertEquals(" x y</s>", words.learned(rows.rows().getFirst()));
    assertEquals(1, rows.shortened());
  }

  @Test
  void aCompletionThatDoesNotFitDropsItsRow() {
    WordEncoder words = new WordEncoder(true);
    Example.Completion fits = new Example.Completion("a", " x y z v", "f:1");
    Example.Completion large = new Example.Completion("a", " x y z v w", "f:2");
    DataConfig config = Configs.tokens(6, 0.5);
    EncodedRows rows =
        new RowEncoder(words, config, 100, List.of(), null).encode(List.of(fits, large));
    assertEquals(
        List.of(new Dropped("f:2", "completion of 5 tokens does not fit into 6")), rows.dropped());
    Refused.with(
        "1 of 2 rows would be dropped, more than data.maxDropped 0.05: f:2 (completion of 5",
        () -> encoder(words, 6, List.of()).encode(List.of(fits, large)));
    Refused.with(
        "all of 1 rows would be dropped: f:2",
        () ->
            new RowEncoder(words, Configs.tokens(6, 1), 100, List.of(), null)
                .encode(List.of(large)));
    // Without a begin token, the prompt must keep one token for the first of the completion.
    WordEncoder plain = new WordEncoder(false);
    assertEquals(
        "a x y z v</s>",
        plain.decode(only(encoder(plain, 6, List.of()).encode(List.of(fits))).ids()));
    Refused.with("all of 1", () -> encoder(plain, 5, List.of()).encode(List.of(fits)));
  }

  @Test
  void documentsAreCutIntoWindowsAndLoseNothing() {
    Random random = new Random(3);
    for (int round = 0; round < 20; round++) {
      WordEncoder words = new WordEncoder(random.nextBoolean());
      int window = 4 + random.nextInt(10);
      RowEncoder encoder = encoder(words, window, List.of());
      List<Example.Text> documents = new ArrayList<>();
      StringBuilder all = new StringBuilder();
      for (int d = 0; d < 5; d++) {
        String text = text(random, 1 + random.nextInt(40));
        documents.add(new Example.Text(text, "f:" + d));
        all.append(words.addsBos() ? "<s>" : "").append(text).append("</s>");
      }
      List<TokenRow> packed = encoder.packed(documents).rows();
      for (TokenRow row : packed.subList(0, packed.size() - 1)) {
        assertEquals(window, row.length());
      }
      assertEquals(all.toString(), joined(words, packed, window));
      assertEquals("f:0", packed.getFirst().origin());
      for (Example.Text document : documents) {
        List<TokenRow> rows = encoder.encode(List.of(document)).rows();
        assertEquals(
            (words.addsBos() ? "<s>" : "") + document.text() + "</s>", joined(words, rows, window));
        rows.forEach(r -> assertEquals(r.length() - 1, r.learnedTokens()));
        rows.forEach(r -> assertTrue(r.learnedTokens() > 0));
      }
    }
  }

  /** For a model that remembers: every token but the first is learned, and read once. */
  @Test
  void aStreamsRowsBeginWithTheLastTokenBefore() {
    Random random = new Random(5);
    for (int round = 0; round < 40; round++) {
      WordEncoder words = new WordEncoder(random.nextBoolean());
      int length = 2 + random.nextInt(6);
      List<Example.Text> documents = new ArrayList<>();
      StringBuilder all = new StringBuilder();
      for (int d = 0; d < 3; d++) {
        String text = text(random, 1 + random.nextInt(20));
        documents.add(new Example.Text(text, "f:" + d));
        all.append(words.addsBos() ? "<s>" : "").append(text).append("</s>");
      }
      List<TokenRow> rows = encoder(words, 0, List.of()).streamed(documents, length).rows();
      StringBuilder read = new StringBuilder(words.decode(new int[] {rows.getFirst().ids()[0]}));
      for (int i = 0; i < rows.size(); i++) {
        int[] ids = rows.get(i).ids();
        assertTrue(ids.length == length || i == rows.size() - 1, "row " + i);
        assertTrue(i == 0 || rows.get(i - 1).ids()[length - 1] == ids[0], "row " + i);
        assertEquals(ids.length - 1, rows.get(i).learnedTokens());
        read.append(words.decode(Arrays.copyOfRange(ids, 1, ids.length)));
      }
      assertEquals(all.toString(), read.toString());
    }
  }

  @Test
  void everyTokenOfALongDocumentIsALabelOnceInWindowsThatOverlap() {
    Random random = new Random(4);
    for (int round = 0; round < 50; round++) {
      WordEncoder words = new WordEncoder(random.nextBoolean());
      int window = 4 + random.nextInt(10);
      int stride = 1 + random.nextInt(window - 1);
      RowEncoder encoder =
          new RowEncoder(words, Configs.sliding(window, stride), 1_000, List.of(), null);
      Example.Text document = new Example.Text(text(random, 1 + random.nextInt(60)), "f:1");
      String whole = (words.addsBos() ? "<s>" : "") + document.text() + "</s>";
      int[] ids = words.encode(whole);
      List<TokenRow> rows = encoder.encode(List.of(document)).rows();
      int[] labelled = new int[ids.length];
      for (int r = 0; r < rows.size(); r++) {
        TokenRow row = rows.get(r);
        assertTrue(r == rows.size() - 1 || row.length() == window);
        for (int t = 0; t < row.length(); t++) {
          assertEquals(ids[r * stride + t], row.ids()[t]);
          labelled[r * stride + t] += t > 0 && row.learned()[t] ? 1 : 0;
          // A label of a later window sees at least what the stride leaves of a window.
          assertTrue(r == 0 || !row.learned()[t] || t >= window - stride);
        }
      }
      assertEquals(0, labelled[0], "nothing stands before the first");
      for (int t = 1; t < ids.length; t++) {
        assertEquals(1, labelled[t], "token " + t + " of " + ids.length);
      }
    }
    Refused.with(
        "data.stride 8 would leave tokens without anything before them in rows of 8; set it to 7",
        () -> new RowEncoder(new WordEncoder(true), Configs.sliding(8, 8), 100, List.of(), null));
  }

  @Test
  void refusesWhatCannotWork() {
    WordEncoder words = new WordEncoder(true);
    Refused.with(
        "data.maxTokens 200 is more than the model's context of 100",
        () -> new RowEncoder(words, Configs.tokens(200, 0), 100, List.of(), null));
    Refused.with("the longest label takes 2 tokens", () -> encoder(words, 4, LABELS));
    Refused.with(
        "f:9: label 'godo' is not among the task's labels (did you mean 'good'?)",
        () -> encoder(words, 40, LABELS).encode(List.of(new Example.Labelled("x", "godo", "f:9"))));
    Refused.with(
        "no chat template",
        () -> encoder(words, 40, List.of()).encode(List.of(new Example.Chat(List.of(), "f:1"))));
    DataConfig d = DataConfig.defaults();
    DataConfig noText =
        new DataConfig(
            d.path(),
            null,
            d.columns(),
            d.header(),
            d.labelNames(),
            "Label:",
            d.answer(),
            0,
            0,
            0,
            0,
            d.split());
    Refused.with(
        "data.prompt 'Label:' does not say where the text goes",
        () -> new RowEncoder(words, noText, 100, LABELS, null));
  }

  private static RowEncoder encoder(WordEncoder words, int maxTokens, List<String> labels) {
    return new RowEncoder(words, Configs.tokens(maxTokens, 0.05), 1_000, labels, null);
  }

  private static TokenRow only(EncodedRows rows) {
    assertEquals(1, rows.rows().size());
    return rows.rows().getFirst();
  }

  /** The text of the windows; a last one that begins a token early says it once. */
  private static String joined(WordEncoder words, List<TokenRow> rows, int window) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < rows.size(); i++) {
      int[] ids = rows.get(i).ids();
      boolean early = i > 0 && i == rows.size() - 1 && ids.length == 2;
      if (early) {
        int[] before = rows.get(i - 1).ids();
        early = before[window - 1] == ids[0];
      }
      text.append(words.decode(early ? new int[] {ids[1]} : ids));
    }
    return text.toString();
  }

  private static String text(Random random, int words) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < words; i++) {
      text.append(i == 0 ? "" : " ").append("w").append(random.nextInt(1_000));
    }
    return text.toString();
  }
}
