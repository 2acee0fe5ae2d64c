package dev.hone.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.hone.data.DataConfig.Format;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HeadExamplesTest {
  @TempDir Path folder;

  private Path write(String line) throws IOException {
    return Files.writeString(folder.resolve("rows.jsonl"), line.replace('\'', '"'));
  }

  private Examples read(@Nullable Format format, String line) throws IOException {
    return Examples.read(
        Configs.of(
            List.of(write(line)),
            format,
            Map.of(),
            List.of(),
            0,
            0.05,
            DataConfig.Split.defaults()));
  }

  private Example only(Format format, String line) throws IOException {
    Examples read = read(null, line);
    assertEquals(format, read.format());
    return read.rows().getFirst();
  }

  @Test
  void findsTheFormatFromTheColumns() throws IOException {
    String origin = folder.resolve("rows.jsonl") + ":1";
    assertEquals(
        new Example.Tagged(List.of("Anna", "runs"), List.of("B-PER", "O"), origin),
        only(Format.TAGGED, "{'id': 1, 'tokens': ['Anna', 'runs'], 'ner_tags': ['B-PER', 'O']}"));
    assertEquals(
        new Example.Tagged(List.of("Anna"), List.of("3"), origin),
        only(Format.TAGGED, "{'tokens': ['Anna'], 'tags': [3]}"));
    assertEquals(
        new Example.MultiLabelled("x", null, List.of("a", "b"), origin),
        only(Format.MULTI_LABEL, "{'text': 'x', 'labels': ['b', 'a', 'b']}"));
    assertEquals(
        new Example.Choice("q", null, List.of("y", "n"), 1, origin),
        only(Format.MULTIPLE_CHOICE, "{'question': 'q', 'choices': ['y', 'n'], 'label': 1}"));
    assertEquals(
        new Example.Choice("c", null, List.of("y", "n"), 0, origin),
        only(Format.MULTIPLE_CHOICE, "{'context': 'c', 'endings': ['y', 'n'], 'label': '0'}"));
    assertEquals(
        new Example.Labelled("x", "y", "same", origin),
        only(Format.LABELLED, "{'text': 'x', 'text_pair': 'y', 'label': 'same'}"));
    assertEquals(
        new Example.Text("x", origin),
        only(Format.TEXT, "{'text': 'x', 'tokens': 12, 'tags': 'news', 'labels': 'a'}"));
    Examples rated = read(Format.REGRESSION, "{'text': 'x', 'label': 3.5}");
    assertEquals(List.of(new Example.Rated("x", null, 3.5, origin)), rated.rows());
  }

  @Test
  void answersOfBothLayoutsStandWhereTheySay() throws IOException {
    for (String answers :
        List.of(
            "{'text': ['blue'], 'answer_start': [8]}", "[{'text': 'blue', 'answer_start': 8}]")) {
      Example.Asked row =
          (Example.Asked)
              only(
                  Format.QUESTION_ANSWERING,
                  "{'question': ' which? ', 'context': '\ud83d\ude00 It is blue.', 'answers': "
                      + answers
                      + "}");
      assertEquals("which?", row.question());
      assertEquals(List.of(new Example.Span("blue", 9)), row.answers(), "in UTF-16 units");
    }
    Example.Asked none =
        (Example.Asked)
            only(
                Format.QUESTION_ANSWERING,
                "{'question': 'q', 'context': 'c', 'answers': {'text': [], 'answer_start': []}}");
    assertEquals(List.of(), none.answers());
    assertEquals(List.of(Example.UNANSWERABLE), none.labels());
  }

  static Map<String, String> wrongRows() {
    Map<String, String> rows = new LinkedHashMap<>();
    rows.put(
        "{'tokens': ['a', 'b'], 'tags': ['O']}",
        "rows.jsonl:1: column 'tags' must hold a tag for each of the 2 tokens, found 1");
    rows.put(
        "{'tokens': ['a'], 'ner_tags': ['']}",
        "column 'ner_tags' must hold names, but one is empty");
    rows.put(
        "{'tokens': ['a'], 'tags': 'O'}", "column 'tags' must hold a list of tags, found string");
    rows.put(
        "{'question': 'q', 'choices': ['a', 'b'], 'label': 2}",
        "column 'label' must hold the number of the right choice, 0 to 1, found 2");
    rows.put("{'question': 'q', 'choices': ['a'], 'label': 0}", "two choices at least, found 1");
    rows.put(
        "{'question': 'q', 'choices': ['a', 'b'], 'label': 'x'}",
        "column 'label' must hold a number, found 'x'");
    rows.put("{'choices': ['a', 'b'], 'label': 1}", "(empty question and context)");
    rows.put(
        "{'question': 'q', 'context': 'c', 'answers': {'text': ['c']}}",
        "column 'answers' must hold {\"text\": [...], \"answer_start\": [...]}");
    rows.put(
        "{'question': 'q', 'context': 'c', 'answers': {'text': ['c'], 'answer_start': ['0']}}",
        "column 'answers' must hold text and answer_start, a string and a whole number");
    for (int start : new int[] {-1, 0, 2, 9}) {
      rows.put(
          "{'question': 'q', 'context': 'ab', 'answers': {'text': ['b'], 'answer_start': ["
              + start
              + "]}}",
          "(an answer that does not stand at its answer_start in the context)");
    }
    rows.put(
        "{'text': 'x', 'labels': [['a']]}", "must hold a list of labels, found a list of lists");
    return rows;
  }

  @Test
  void whatIsWrongIsToldByRowAndColumn() {
    wrongRows().forEach((line, expected) -> Refused.with(expected, () -> read(null, line)));
  }

  @Test
  void aNumberThatIsNoneIsRefused() {
    Refused.with(
        "rows.jsonl:1: column 'label' must hold a number, found 'much'",
        () -> read(Format.REGRESSION, "{'text': 'x', 'label': 'much'}"));
    Refused.with(
        "must hold a number, found 'NaN'",
        () -> read(Format.REGRESSION, "{'text': 'x', 'label': 'NaN'}"));
  }

  @Test
  void aPairThatIsMappedMustBeThere() throws IOException {
    DataConfig config =
        Configs.columns(Map.of("text_pair", "other"), write("{'text': 'x', 'label': 'y'}"));
    Refused.with("no column 'other' for the text_pair", () -> Examples.read(config));
    DataConfig alone = Configs.columns(Map.of(), write("{'text': 'x', 'label': 'y'}"));
    assertNull(((Example.Labelled) Examples.read(alone).rows().getFirst()).pair());
  }

  private Examples named(@Nullable Format format, List<String> names, String line)
      throws IOException {
    DataConfig d = Configs.columns(Map.of(), write(line));
    return Examples.read(
        new DataConfig(
            d.path(),
            format,
            d.columns(),
            d.header(),
            names,
            d.prompt(),
            d.answer(),
            0,
            0,
            0,
            0,
            d.split()));
  }

  @Test
  void numbersGetTheirNames() throws IOException {
    List<String> tags = List.of("O", "B-PER");
    assertEquals(
        List.of("B-PER", "O", "B-PER"),
        ((Example.Tagged)
                named(null, tags, "{'tokens': ['a', 'b', 'c'], 'ner_tags': [1, 0, 'B-PER']}")
                    .rows()
                    .getFirst())
            .tags());
    List<String> moods = List.of("bad", "good");
    assertEquals(
        List.of("good"),
        named(null, moods, "{'text': 'x', 'label': 1}").rows().getFirst().labels());
    assertEquals(
        List.of("bad", "good"),
        named(null, moods, "{'text': 'x', 'labels': [1, '0']}").rows().getFirst().labels());
    Refused.with(
        "rows.jsonl:1: column 'label' must hold one of data.labelNames or its number, 0 to 1,"
            + " found '2'",
        () -> named(null, moods, "{'text': 'x', 'label': 2}"));
    Refused.with(
        "data.labelNames has no part in rows of format regression",
        () -> named(Format.REGRESSION, moods, "{'text': 'x', 'label': 2}"));
  }

  @Test
  void questionsOfAnArticleAreRows() throws IOException {
    Path file =
        Files.writeString(
            folder.resolve("squad.json"),
            """
            {"version": "v2.0", "data": [
              {"title": "T", "paragraphs": [{"context": "It is blue.", "qas": [
                {"id": "1a", "question": "Which?", "is_impossible": false,
                 "answers": [{"text": "blue", "answer_start": 6}]},
                {"id": "1b", "question": "Who?", "is_impossible": true, "answers": []}]}]},
              {"title": "U", "paragraphs": [{"context": "Red.", "qas": [
                {"question": "And?", "answers": [{"text": "Red", "answer_start": 0}]}]}]}]}
            """);
    List<Example> rows = Examples.read(Configs.files(file)).rows();
    assertEquals(
        List.of(
            new Example.Asked(
                "Which?",
                "It is blue.",
                List.of(new Example.Span("blue", 6)),
                file + ":2 (question 1a)"),
            new Example.Asked("Who?", "It is blue.", List.of(), file + ":2 (question 1b)"),
            new Example.Asked("And?", "Red.", List.of(new Example.Span("Red", 0)), file + ":6")),
        rows);
    Path broken = Files.writeString(folder.resolve("b.json"), "[{\"paragraphs\": [{\"qas\": 1}]}]");
    Refused.with("b.json:1: expected SQuAD's form", () -> Examples.read(Configs.files(broken)));
  }
}
