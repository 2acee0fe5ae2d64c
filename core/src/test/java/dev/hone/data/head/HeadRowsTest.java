package dev.hone.data.head;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.hone.TinyTokenizers;
import dev.hone.data.Batch;
import dev.hone.data.DataConfig;
import dev.hone.data.DroppedRow;
import dev.hone.data.Example;
import dev.hone.data.Refused;
import dev.hone.data.Target;
import dev.hone.data.TokenRow;
import dev.hone.tokenizer.Tokenizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tokens are a letter each: a word of n letters has n pieces. */
class HeadRowsTest {
  private static final int CLS = 2;
  private static final int SEP = 3;
  private static final int MASK = 4;

  @TempDir Path folder;
  private Tokenizer tokenizer;

  @BeforeEach
  void letters() {
    List<String> pieces = new ArrayList<>();
    for (char c = 'a'; c <= 'z'; c++) {
      pieces.add("" + c);
    }
    for (char c = 'a'; c <= 'z'; c++) {
      pieces.add("##" + c);
    }
    tokenizer = TinyTokenizers.wordPiece(folder, pieces);
  }

  @AfterEach
  void close() {
    tokenizer.close();
  }

  private HeadTexts texts(int maxTokens) {
    return new HeadTexts(tokenizer, maxTokens);
  }

  private static int[] labels(TokenRow row) {
    return ((Target.Tokens) Objects.requireNonNull(row.target())).labels();
  }

  /** The ids of words, special tokens as [ and ]. */
  private static int[] ids(String text) {
    List<Integer> ids = new ArrayList<>();
    boolean inside = false;
    for (char c : text.toCharArray()) {
      switch (c) {
        case '[' -> ids.add(CLS);
        case ']' -> ids.add(SEP);
        case ' ' -> {}
        default -> ids.add(5 + c - 'a' + (inside ? 26 : 0));
      }
      inside = Character.isLetter(c);
    }
    return ids.stream().mapToInt(Integer::intValue).toArray();
  }

  @Test
  void twoTextsHaveTwoSegmentsAndOneHasNone() {
    LabelEncoder encoder = new LabelEncoder(texts(64), List.of("n", "y"));
    TokenRow pair = encoder.reading(new Example.Labelled("ab", "c", "y", "f:1")).row();
    assertArrayEquals(ids("[ab]c]"), pair.ids());
    assertArrayEquals(new int[] {0, 0, 0, 0, 1, 1}, pair.types());
    assertEquals(1, pair.label());
    assertNull(encoder.reading(new Example.Labelled("ab", "n", "f:2")).row().types());
    Refused.with(
        "f:3: label 'x' is not among the task's labels",
        () -> encoder.reading(new Example.Labelled("ab", "x", "f:3")));
    Target several =
        encoder.reading(new Example.MultiLabelled("a", null, List.of("y"), "f:4")).row().target();
    assertArrayEquals(
        new float[] {0, 1}, ((Target.Numbers) Objects.requireNonNull(several)).values());
  }

  @Test
  void theLongerTextGivesWayFirst() {
    LabelEncoder encoder = new LabelEncoder(texts(9), List.of("y"));
    for (String[] c :
        new String[][] {
          {"ab", "cdefgh", "[ab]cdef]"},
          {"abcdefgh", "xy", "[abcd]xy]"},
          {"abcdefgh", "stuvwxyz", "[abc]stu]"},
          {"abcdef", "", "[abcdef]"}
        }) {
      String second = c[1].isEmpty() ? null : c[1];
      TokenRow row = encoder.reading(new Example.Labelled(c[0], second, "y", "f:1")).row();
      assertArrayEquals(ids(c[2]), row.ids(), c[2]);
    }
  }

  @Test
  void theFirstPieceOfAWordIsLabelled() throws DroppedRow {
    List<Reading> readings =
        new TagEncoder(texts(64), List.of("B", "O"))
            .readings(
                new Example.Tagged(List.of("abc", "d", "efg"), List.of("B", "O", "B"), "f:1"));
    TokenRow row = readings.getFirst().row();
    assertEquals(1, readings.size());
    assertArrayEquals(ids("[abc d efg]"), row.ids());
    int none = (int) Batch.IGNORE;
    assertArrayEquals(new int[] {none, 0, none, none, 1, 0, none, none, none}, labels(row));
  }

  @Test
  void aLongRowIsCutBetweenWords() throws DroppedRow {
    TagEncoder encoder = new TagEncoder(texts(6), List.of("O"));
    List<Reading> readings =
        encoder.readings(
            new Example.Tagged(List.of("ab", "cde", "f", "g"), List.of("O", "O", "O", "O"), "f:1"));
    assertEquals(3, readings.size());
    assertArrayEquals(ids("[ab]"), readings.get(0).row().ids());
    assertArrayEquals(ids("[cde f]"), readings.get(1).row().ids());
    assertArrayEquals(ids("[g]"), readings.get(2).row().ids());
    DroppedRow tooLong =
        assertThrows(
            DroppedRow.class,
            () -> encoder.readings(new Example.Tagged(List.of("abcde"), List.of("O"), "f:2")));
    assertEquals("a word of more than 4 tokens", tooLong.reason());
  }

  /** Whatever the words and the room, each word has its tag once. */
  @Test
  void everyWordIsTaggedOnce() throws DroppedRow {
    Random random = new Random(1);
    for (int round = 0; round < 200; round++) {
      List<String> words =
          IntStream.range(0, 1 + random.nextInt(12))
              .mapToObj(i -> "abcdefgh".substring(0, 1 + random.nextInt(4)))
              .toList();
      List<String> tags =
          words.stream().map(w -> List.of("O", "X").get(random.nextInt(2))).toList();
      List<Reading> readings =
          new TagEncoder(texts(6 + random.nextInt(20)), List.of("O", "X"))
              .readings(new Example.Tagged(words, tags, "f:1"));
      List<String> seen = new ArrayList<>();
      for (Reading reading : readings) {
        for (int label : labels(reading.row())) {
          if (label != Batch.IGNORE) {
            seen.add(List.of("O", "X").get(label));
          }
        }
      }
      assertEquals(tags, seen);
    }
  }

  private static Example.Asked asked(String question, String context, int begin, int end) {
    List<Example.Span> answers =
        begin < 0 ? List.of() : List.of(new Example.Span(context.substring(begin, end), begin));
    return new Example.Asked(question, context, answers, "f:1");
  }

  @Test
  void theAnswerIsWhereItsTokensAre() throws DroppedRow {
    SpanEncoder encoder = new SpanEncoder(texts(64), 0);
    TokenRow row = encoder.readings(asked("qr", "a b cd e", 4, 6)).getFirst().row();
    assertArrayEquals(ids("[qr]a b cd e]"), row.ids());
    assertEquals(new Target.Span(6, 7), row.target());
    assertEquals(
        new Target.Span(0, 0),
        encoder.readings(asked("q", "a b", -1, -1)).getFirst().row().target());
  }

  @Test
  void aLongContextIsReadInWindows() throws DroppedRow {
    // [ q ] and ] leave room for 4 of 10; windows move by 3.
    List<Reading> windows =
        new SpanEncoder(texts(8), 3).readings(asked("q", "a b c d e f g h i j", 12, 15));
    List<String> read =
        windows.stream().map(w -> tokenizer.decode(w.row().ids(), true).replace("q ", "")).toList();
    assertEquals(List.of("a b c d", "d e f g", "g h i j"), read);
    List<Target> targets = windows.stream().map(w -> w.row().target()).toList();
    assertEquals(
        List.of(new Target.Span(0, 0), new Target.Span(0, 0), new Target.Span(3, 4)),
        targets,
        "g and h: only the last window holds both");
    int half = new SpanEncoder(texts(8), 0).readings(asked("q", "a b c d e f g h", -1, 0)).size();
    assertEquals(3, half, "without a stride windows move by half");
    Refused.with(
        "f:1: data.stride 5 would leave out a part of the context, of which a window holds 4",
        () -> new SpanEncoder(texts(8), 5).readings(asked("q", "a b c d e f", -1, 0)));
    assertThrows(
        DroppedRow.class, () -> new SpanEncoder(texts(8), 0).readings(asked("qqqqqq", "a", -1, 0)));
  }

  @Test
  void everyChoiceIsASideOfTheRow() {
    ChoiceEncoder encoder = new ChoiceEncoder(texts(64));
    TokenRow row =
        encoder.reading(new Example.Choice("q", null, List.of("a", "bc", "d"), 1, "f:1")).row();
    assertEquals(1, row.label());
    assertEquals(6, row.length());
    assertEquals(
        List.of("[q]a]", "[q]bc]", "[q]d]"),
        row.sides().stream()
            .map(side -> side.ids())
            .map(
                side ->
                    List.of("[q]a]", "[q]bc]", "[q]d]").stream()
                        .filter(text -> Arrays.equals(ids(text), side))
                        .findFirst()
                        .orElse("none"))
            .toList());
    Batch batch = Batch.of(List.of(row, row), 0);
    assertEquals(3, batch.sides());
    assertEquals(6, batch.rows());
    assertArrayEquals(
        ids("[c]q a]"),
        encoder.reading(new Example.Choice("q", "c", List.of("a", "b"), 0, "f:2")).row().ids());
  }

  @Test
  void maskingIsAFunctionOfItsSeed() throws DroppedRow {
    String document = "abcdefghij ".repeat(40).strip();
    List<TokenRow> rows =
        new MaskEncoder(texts(22))
            .readings(new Example.Text(document, "f:1")).stream().map(Reading::row).toList();
    assertEquals(20, rows.size());
    Masking masking = new Masking(MASK, tokenizer.vocabSize());
    long chosen = 0;
    long masks = 0;
    long same = 0;
    int draws = 100;
    for (int seed = 0; seed < draws; seed++) {
      List<TokenRow> hidden = masking.of(rows, seed);
      List<TokenRow> again = masking.of(rows, seed);
      for (int r = 0; r < rows.size(); r++) {
        int[] labels = labels(hidden.get(r));
        assertArrayEquals(hidden.get(r).ids(), again.get(r).ids());
        int[] ids = hidden.get(r).ids();
        int here = 0;
        for (int t = 0; t < ids.length; t++) {
          if (labels[t] == Batch.IGNORE) {
            assertEquals(rows.get(r).ids()[t], ids[t]);
            continue;
          }
          assertEquals(rows.get(r).ids()[t], labels[t]);
          here++;
          masks += ids[t] == MASK ? 1 : 0;
          same += ids[t] == labels[t] ? 1 : 0;
        }
        assertEquals(Batch.IGNORE, labels[0], "special tokens are not hidden");
        assertEquals(Batch.IGNORE, labels[labels.length - 1]);
        chosen += Math.max(1, here);
      }
    }
    double tokens = 20.0 * 20 * draws;
    assertEquals(0.15, chosen / tokens, 0.01);
    assertEquals(0.8, masks / (double) chosen, 0.02);
    assertEquals(0.1, same / (double) chosen, 0.02);
  }

  @Test
  void aShortRowHidesOneTokenAtLeast() throws DroppedRow {
    List<TokenRow> rows =
        new MaskEncoder(texts(8))
            .readings(new Example.Text("a", "f:1")).stream().map(Reading::row).toList();
    for (int seed = 0; seed < 50; seed++) {
      TokenRow hidden = new Masking(MASK, 5).of(rows, seed).getFirst();
      assertEquals(5, labels(hidden)[1]);
    }
  }

  @Test
  void noRoomForWordsIsRefused() {
    DataConfig config = DataConfig.defaults().asking("", "", 3);
    Refused.with("special tokens alone take 3", () -> HeadTexts.of(tokenizer, config, 64));
    DataConfig more = DataConfig.defaults().asking("", "", 65);
    Refused.with("more than the model's context of 64", () -> HeadTexts.of(tokenizer, more, 64));
  }
}
