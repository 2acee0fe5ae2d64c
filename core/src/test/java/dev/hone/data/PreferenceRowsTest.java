package dev.hone.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.hone.data.DataConfig.Format;
import dev.hone.data.chat.ChatEncoder;
import dev.hone.data.chat.ChatTemplate;
import dev.hone.data.chat.Message;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Rows that say which of two answers is better, or whether one is wanted. */
class PreferenceRowsTest {
  private static final String TEMPLATE =
      "{% for m in messages %}<|{{ m['role'] }}|>{{ m['content'] }}</s>{% endfor %}"
          + "{% if add_generation_prompt %}<|assistant|>{% endif %}";

  @TempDir Path folder;

  private Examples read(double maxDropped, String... lines) throws IOException {
    Path file = Files.writeString(folder.resolve("rows.jsonl"), String.join("\n", lines));
    return Examples.read(
        Configs.of(
            List.of(file), null, Map.of(), List.of(), 0, maxDropped, DataConfig.Split.defaults()));
  }

  private String at(int line) {
    return folder.resolve("rows.jsonl") + ":" + line;
  }

  private static RowEncoder encoder(WordEncoder words, int maxTokens) {
    ChatTemplate template = new ChatTemplate("test", TEMPLATE, "<s>", "</s>", Clock.systemUTC());
    return new RowEncoder(
        words, Configs.tokens(maxTokens, 0.9), 100, List.of(), new ChatEncoder(words, template));
  }

  private static WordEncoder words() {
    return new WordEncoder(false, "<|user|>", "<|assistant|>", "<|system|>");
  }

  @Test
  void pairsOfText() throws IOException {
    Examples rows =
        read(0, "{\"prompt\":\"a b\",\"chosen\":\" c\",\"rejected\":\" d e\",\"messages\":[]}");
    assertEquals(Format.PREFERENCE, rows.format());
    WordEncoder words = words();
    TokenRow pair = encoder(words, 50).encode(rows.rows()).rows().getFirst();
    TokenRow rejected = pair.others().getFirst();
    assertEquals("a b c</s>", words.decode(pair.ids()));
    assertEquals("a b d e</s>", words.decode(rejected.ids()));
    assertEquals(" c</s>", words.learned(pair.sides().getFirst()));
    assertEquals(" d e</s>", words.learned(rejected));
    assertEquals(5, pair.length(), "the longer side");
    assertEquals(5, pair.learnedTokens(), "of both sides");
  }

  @Test
  void bothSidesSeeTheSamePartOfALongPrompt() {
    WordEncoder words = words();
    TokenRow pair =
        encoder(words, 6)
            .encode(
                List.of(
                    new Example.Pair(
                        new Example.Completion("a b c d e f", " x", "f:1"),
                        new Example.Completion("a b c d e f", " x y z", "f:1"),
                        "f:1")))
            .rows()
            .getFirst();
    assertEquals(" e f x</s>", words.decode(pair.ids()));
    assertEquals(" e f x y z</s>", words.decode(pair.others().getFirst().ids()));
  }

  @Test
  void conversationsInAllWaysThatDataSetsWriteThem() throws IOException {
    String user = "{\"role\":\"user\",\"content\":\"hi\"}";
    String good = "{\"role\":\"assistant\",\"content\":\"good\"}";
    String bad = "{\"role\":\"assistant\",\"content\":\"bad\"}";
    Examples rows =
        read(
            0,
            "{\"prompt\":[%s],\"chosen\":[%s],\"rejected\":[%s]}".formatted(user, good, bad),
            "{\"prompt\":\"hi\",\"chosen\":[%s],\"rejected\":[%s]}".formatted(good, bad),
            "{\"prompt\":\"hi\",\"chosen\":[%s,%s],\"rejected\":[%s,%s]}"
                .formatted(user, good, user, bad),
            "{\"chosen\":[%s,%s],\"rejected\":[%s,%s]}".formatted(user, good, user, bad));
    for (int i = 0; i < 4; i++) {
      String origin = at(i + 1);
      Message question = new Message("user", "hi");
      assertEquals(
          new Example.Pair(
              new Example.Chat(List.of(question, new Message("assistant", "good")), origin),
              new Example.Chat(List.of(question, new Message("assistant", "bad")), origin),
              origin),
          rows.rows().get(i));
    }
  }

  @Test
  void ofAConversationOnlyTheLastAnswerIsLearnedAndBothSidesLoseTheSameTurns() {
    List<Message> before =
        List.of(
            new Message("system", "s"),
            new Message("user", "a"),
            new Message("assistant", "b"),
            new Message("user", "c"));
    List<Message> chosen = new ArrayList<>(before);
    chosen.add(new Message("assistant", "d"));
    List<Message> rejected = new ArrayList<>(before);
    rejected.add(new Message("assistant", "e f g"));
    Example.Pair pair =
        new Example.Pair(new Example.Chat(chosen, "f:1"), new Example.Chat(rejected, "f:1"), "f:1");
    WordEncoder words = words();
    TokenRow whole = encoder(words, 50).encode(List.of(pair)).rows().getFirst();
    assertEquals("d</s>", words.learned(whole.sides().getFirst()));
    assertEquals("e f g</s>", words.learned(whole.others().getFirst()));
    // The chosen side alone would fit into 15 tokens as it is.
    EncodedRows cut = encoder(words, 15).encode(List.of(pair));
    assertEquals(1, cut.shortened());
    TokenRow row = cut.rows().getFirst();
    assertEquals("<|system|>s</s><|user|>c</s><|assistant|>d</s>", words.decode(row.ids()));
    assertEquals(
        "<|system|>s</s><|user|>c</s><|assistant|>e f g</s>",
        words.decode(row.others().getFirst().ids()));
  }

  @Test
  void singleAnswersWithAVerdict() throws IOException {
    Examples rows =
        read(
            0,
            "{\"prompt\":\"a\",\"completion\":\" b\",\"label\":true}",
            "{\"prompt\":\"a\",\"completion\":\" c\",\"label\":\"False\"}");
    assertEquals(Format.UNPAIRED_PREFERENCE, rows.format());
    WordEncoder words = words();
    List<TokenRow> encoded = encoder(words, 50).encode(rows.rows()).rows();
    assertEquals(List.of(1, 0), encoded.stream().map(TokenRow::label).toList());
    assertEquals(" b</s>", words.learned(encoded.getFirst()));
    Refused.with(
        at(2) + ": column 'label' must say true or false, found \"good\"",
        () ->
            read(
                0,
                "{\"prompt\":\"a\",\"completion\":\" b\",\"label\":1}",
                "{\"prompt\":\"a\",\"completion\":\" b\",\"label\":\"good\"}"));
    assertEquals(
        Format.COMPLETION,
        read(0, "{\"prompt\":\"a\",\"completion\":\" b\",\"label\":\"sports\"}").format(),
        "a label that is no verdict is another column");
  }

  @Test
  void rowsThatPreferNothingAreDroppedWithTheReason() throws IOException {
    String u = "{\"role\":\"user\",\"content\":\"%s\"}";
    String a = "{\"role\":\"assistant\",\"content\":\"%s\"}";
    Examples rows =
        read(
            0.9,
            "{\"prompt\":\"a\",\"chosen\":\" b\",\"rejected\":\" b\"}",
            "{\"prompt\":\"a\",\"chosen\":\" \",\"rejected\":\" b\"}",
            "{\"prompt\":\"a\",\"chosen\":\" b\",\"rejected\":\"\"}",
            "{\"chosen\":[%s,%s],\"rejected\":[%s,%s]}"
                .formatted(u.formatted("x"), a.formatted("y"), u.formatted("z"), a.formatted("w")),
            "{\"chosen\":[%s,%s,%s],\"rejected\":[%s,%s]}"
                .formatted(
                    u.formatted("x"),
                    a.formatted("y"),
                    u.formatted("z"),
                    u.formatted("x"),
                    a.formatted("w")),
            "{\"prompt\":\"a\",\"chosen\":\" b\",\"rejected\":\" c\"}");
    assertEquals(1, rows.rows().size());
    assertEquals(
        List.of(
            new Dropped(at(1), "chosen and rejected are the same"),
            new Dropped(at(2), "empty chosen"),
            new Dropped(at(3), "empty rejected"),
            new Dropped(at(4), "chosen and rejected differ before their last message"),
            new Dropped(at(5), "the last message of chosen is not the assistant's")),
        rows.dropped());
  }

  @Test
  void missingColumnsAreNamed() {
    Refused.with(
        ":1: no column 'prompt' for the prompt of a preference row; columns there: chosen, rejected",
        () -> read(0, "{\"chosen\":\" b\",\"rejected\":\" c\"}"));
    Refused.with(
        ":2: no column 'rejected'",
        () ->
            read(
                0,
                "{\"prompt\":\"a\",\"chosen\":\" b\",\"rejected\":\" c\"}",
                "{\"prompt\":\"a\",\"chosen\":\" b\"}"));
    Refused.with(
        ":1: chosen and rejected must both be text, or both lists",
        () ->
            read(
                0,
                "{\"prompt\":\"a\",\"chosen\":\" b\",\"rejected\":[{\"role\":\"assistant\",\"content\":\"c\"}]}"));
  }

  @Test
  void theSameQuestionFallsOnOneSide() {
    List<Example> rows = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      String prompt = "question number " + i / 2 + " of them all " + i / 2 * 7919;
      rows.add(
          new Example.Pair(
              new Example.Completion(prompt, "yes " + i * 31, "f:" + i),
              new Example.Completion(prompt, "no " + i * 17, "f:" + i),
              "f:" + i));
    }
    Splits splits =
        Splits.of(
            new Examples(rows, Format.PREFERENCE, List.of()),
            null,
            null,
            new DataConfig.Split(0.2, 0.2, 1, 1, List.of(), List.of()));
    List<List<Example>> sides = List.of(splits.train(), splits.validation(), splits.test());
    assertEquals(0, SplitCheck.sharedContents(sides));
    for (List<Example> side : sides) {
      assertEquals(0, side.size() % 2, "both rows of a question");
    }
  }

  @Test
  void aBatchKeepsBothSidesOfAPairNextToEachOther() {
    List<TokenRow> pairs = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      TokenRow worse = new TokenRow(new int[] {i, 1, 2, 3, 4}, new boolean[5], -1, "f:" + i);
      pairs.add(new TokenRow(new int[] {i, 1}, new boolean[2], -1, "f:" + i, worse));
    }
    for (List<TokenRow> rows : new Batches(pairs, 4, 1).epoch(0)) {
      Batch batch = Batch.of(rows, 0);
      assertEquals(2 * rows.size(), batch.rows());
      assertEquals(5, batch.width());
      for (int r = 0; r < batch.rows(); r += 2) {
        assertEquals(batch.ids()[r * 5], batch.ids()[(r + 1) * 5]);
        assertArrayEquals(
            new long[] {1, 1, 0, 0, 0},
            java.util.Arrays.copyOfRange(batch.mask(), r * 5, r * 5 + 5));
      }
    }
  }
}
