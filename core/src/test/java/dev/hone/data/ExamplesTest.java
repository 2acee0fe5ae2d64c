package dev.hone.data;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.hone.data.DataConfig.Format;
import dev.hone.data.chat.Message;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExamplesTest {
  @TempDir Path folder;

  @Test
  void findsTheFormatFromTheColumns() throws IOException {
    assertEquals(
        new Example.Labelled("a", "1.50", origin()),
        only("{\"text\":\"a\",\"label\":1.50,\"source\":\"x\"}", Format.LABELLED));
    assertEquals(
        new Example.Labelled("a", "true", origin()),
        only("{\"text\":\"a\",\"label\":true}", Format.LABELLED));
    assertEquals(
        new Example.Completion("", "b", origin()),
        only("{\"prompt\":null,\"completion\":\"b\"}", Format.COMPLETION));
    assertEquals(
        new Example.Text("doc", origin()),
        only("{\"text\":\"doc\",\"source\":\"x\"}", Format.TEXT));
    assertEquals(
        new Example.Completion(
            "### Instruction:\nAdd.\n\n### Input:\n1 2\n\n### Response:\n", "3", origin()),
        only("{\"instruction\":\"Add.\",\"input\":\"1 2\",\"output\":\"3\"}", Format.INSTRUCTION));
    assertEquals(
        new Example.Completion("### Instruction:\nSing.\n\n### Response:\n", "La", origin()),
        only("{\"instruction\":\"Sing.\",\"output\":\"La\"}", Format.INSTRUCTION));
  }

  @Test
  void readsBothWaysToWriteConversations() throws IOException {
    Example expected =
        new Example.Chat(
            List.of(
                new Message("system", "s"),
                new Message("user", "u"),
                new Message("assistant", "a")),
            origin());
    assertEquals(
        expected,
        only(
            "{\"messages\":[{\"role\":\"system\",\"content\":\"s\"},{\"role\":\"user\",\"content\":\"u\"},{\"role\":\"assistant\",\"content\":\"a\"}]}",
            Format.CHAT));
    assertEquals(
        expected,
        only(
            "{\"conversations\":[{\"from\":\"system\",\"value\":\"s\"},{\"from\":\"human\",\"value\":\"u\"},{\"from\":\"gpt\",\"value\":\"a\"}]}",
            Format.CHAT));
  }

  @Test
  void mapsColumns() throws IOException {
    Path file = write("text,category\nhello,greeting\n", "a.csv");
    Examples read = Examples.read(Configs.columns(Map.of("label", "category"), file));
    assertEquals(List.of(new Example.Labelled("hello", "greeting", file + ":2")), read.rows());
  }

  @Test
  void refusesWrongColumns() throws IOException {
    Path csv = write("text,category\nhello,greeting\n", "a.csv");
    assertRefused(
        "no column 'categry' for the label of a labelled row; columns there: text, category (did"
            + " you mean 'category'?)",
        Configs.columns(Map.of("label", "categry"), csv));
    assertRefused(
        "'lable' is no part of a row (did you mean 'label'?)",
        Configs.columns(Map.of("lable", "category"), csv));
    assertRefused("fit no format", Configs.files(write("sentence\tlabel\nx\ty", "b.tsv")));
    assertRefused("(did you mean 'texts'?)", Configs.files(write("texts,other\nx,y", "d.csv")));
    assertRefused(
        "e.jsonl:2: no column 'label'",
        Configs.files(write("{\"text\":\"a\",\"label\":\"b\"}\n{\"text\":\"a\"}", "e.jsonl")));
    assertRefused(
        "must hold text, found array",
        Configs.files(write("{\"text\":[1],\"label\":\"b\"}", "f.jsonl")));
  }

  @Test
  void refusesBrokenMessages() throws IOException {
    assertRefused(
        "message 1: unknown role 'asistant' (did you mean 'assistant'?)",
        Configs.files(
            write("{\"messages\":[{\"role\":\"asistant\",\"content\":\"x\"}]}", "a.jsonl")));
    assertRefused(
        "message 1 has no text under 'content'",
        Configs.files(write("{\"messages\":[{\"role\":\"user\"}]}", "b.jsonl")));
    assertRefused(
        "messages must be a list", Configs.files(write("{\"messages\":\"hi\"}", "c.jsonl")));
  }

  @Test
  void dropsCountsAndListsRowsWithNothingToLearn() throws IOException {
    StringBuilder rows = new StringBuilder();
    for (int i = 0; i < 40; i++) {
      rows.append("{\"text\":\"t").append(i).append("\",\"label\":\"x\"}\n");
    }
    Path file =
        write(
            rows + "{\"text\":\" \",\"label\":\"x\"}\n{\"text\":\"t\",\"label\":null}", "a.jsonl");
    Examples read = Examples.read(Configs.files(file));
    assertEquals(42, read.rowsRead());
    assertEquals(
        List.of(new Dropped(file + ":41", "empty text"), new Dropped(file + ":42", "empty label")),
        read.dropped());
    Path many = write("prompt,completion\na,\nb,c\n\"\",d\n", "b.csv");
    assertRefused(
        "1 of 3 rows would be dropped, more than data.maxDropped 0.05: "
            + many
            + ":2 (empty completion)",
        Configs.files(many));
    Path all = write("prompt,completion\na,\n", "c.csv");
    assertRefused("all of 1 rows would be dropped", Configs.files(all));
    Path mute =
        write(
            "{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}\n"
                + "{\"messages\":[{\"role\":\"assistant\",\"content\":\"\"}]}",
            "d.jsonl");
    assertRefused("(no assistant message), " + mute + ":2 (empty assistant", Configs.files(mute));
  }

  @Test
  void takesTheSameRowsWhateverTheirOrder() throws IOException {
    Random random = new Random(3);
    for (int round = 0; round < 20; round++) {
      List<String> lines = new ArrayList<>();
      for (int i = 0; i < 50; i++) {
        lines.add("{\"text\":\"row " + random.nextInt(40) + "\"}");
      }
      Set<String> first = limited(lines);
      Collections.shuffle(lines, random);
      assertEquals(first, limited(lines));
    }
  }

  private Set<String> limited(List<String> lines) throws IOException {
    DataConfig d = Configs.files(write(String.join("\n", lines), "limit.jsonl"));
    DataConfig config =
        new DataConfig(
            d.path(),
            d.format(),
            d.columns(),
            d.header(),
            d.labelNames(),
            d.prompt(),
            d.answer(),
            0,
            0,
            0,
            10,
            d.split());
    List<Example> rows = Examples.read(config).rows();
    assertEquals(10, rows.size());
    Set<String> texts = new HashSet<>();
    rows.forEach(r -> texts.add(((Example.Text) r).text()));
    return texts;
  }

  @Test
  void aRowMayNameItsTask() throws IOException {
    assertEquals(
        new Example.Labelled("a", null, "b", origin(), "mood"),
        only("{\"text\":\"a\",\"label\":\"b\",\"task\":\" mood \"}", Format.LABELLED));
    assertEquals(
        "2", only("{\"prompt\":\"a\",\"completion\":\"b\",\"task\":2}", Format.COMPLETION).task());
    assertEquals(
        "t",
        only(
                "{\"messages\":[{\"role\":\"assistant\",\"content\":\"a\"}],\"task\":\"t\"}",
                Format.CHAT)
            .task());
    assertEquals(
        "t",
        only(
                "{\"prompt\":\"q\",\"chosen\":\"a\",\"rejected\":\"b\",\"task\":\"t\"}",
                Format.PREFERENCE)
            .task());
    // A column that was never meant so is none.
    assertEquals(
        "", only("{\"text\":\"a\",\"label\":\"b\",\"task\":{\"id\":1}}", Format.LABELLED).task());
    Path csv = write("text,label,set\nx,y,first\n", "set.csv");
    Examples read = Examples.read(Configs.columns(Map.of("task", "set"), csv));
    assertEquals("first", read.rows().getFirst().task());
    assertRefused("no column 'sett'", Configs.columns(Map.of("task", "sett"), csv));
  }

  private Example only(String line, Format format) throws IOException {
    Examples read = Examples.read(Configs.files(write(line, "only.jsonl")));
    assertEquals(format, read.format());
    assertEquals(1, read.rows().size());
    return read.rows().getFirst();
  }

  private String origin() {
    return folder.resolve("only.jsonl") + ":1";
  }

  private Path write(String text, String name) throws IOException {
    return Files.writeString(folder.resolve(name), text);
  }

  private static void assertRefused(String message, DataConfig config) {
    Refused.with(message, () -> Examples.read(config));
  }
}
