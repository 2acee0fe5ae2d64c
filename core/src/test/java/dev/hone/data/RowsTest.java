package dev.hone.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.config.Place;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RowsTest {
  @TempDir Path folder;

  @Test
  void readsJsonLinesWithTheirLineNumbers() throws IOException {
    Path file = write("a.jsonl", "\uFEFF{\"text\":\"één\"}\r\n\n{\"text\":\"two\",\"n\":1}");
    assertEquals(
        List.of(file + ":1 {\"text\":\"één\"}", file + ":3 {\"text\":\"two\",\"n\":1}"),
        read(List.of(), file));
  }

  @Test
  void readsArraysAndArraysUnderData() throws IOException {
    Path plain = write("a.json", "[{\"a\":1},\n{\"a\":2}]");
    Path inside = write("b.json", "{\"version\":{\"data\":[1]},\n\"data\":[\n{\"a\":3}]}");
    assertEquals(
        List.of(plain + ":1 {\"a\":1}", plain + ":2 {\"a\":2}", inside + ":3 {\"a\":3}"),
        read(List.of(), plain, inside));
  }

  @Test
  void readsQuotedCsvWithByteOrderMarkAndCarriageReturns() throws IOException {
    Path file = write("a.csv", "\uFEFFtext,label\r\n\"a \"\"b\"\",\nc\",x\r\n\r\nd,y\r\n");
    assertEquals(
        List.of(
            file + ":2 {\"text\":\"a \\\"b\\\",\\nc\",\"label\":\"x\"}",
            file + ":5 {\"text\":\"d\",\"label\":\"y\"}"),
        read(List.of(), file));
  }

  @Test
  void namesColumnsOfAFileWithoutHeader() throws IOException {
    Path file = write("a.tsv", "good\t1\nbad\t0\n");
    assertEquals(2, read(List.of("text", "label"), file).size());
    Path own = write("b.tsv", "text\tlabel\nbad\t0\n");
    assertRefused("its own header line", List.of("text", "label"), own);
  }

  @Test
  void readsDocumentsAndFolders() throws IOException {
    Path inner = Files.createDirectory(folder.resolve("inner"));
    Files.writeString(inner.resolve("b.txt"), "\uFEFFone\r\n\r\ntwo\n");
    Files.writeString(inner.resolve("a.jsonl"), "{\"text\":\"x\"}");
    Files.writeString(inner.resolve("README.md"), "not rows");
    assertEquals(
        List.of(
            inner.resolve("a.jsonl") + ":1 {\"text\":\"x\"}",
            inner.resolve("b.txt") + ":1 {\"text\":\"one\\n\\ntwo\"}"),
        read(List.of(), folder));
  }

  @Test
  void refusesWhatCannotBeRead() throws IOException {
    assertRefused("gone.csv: no such file", List.of(), folder.resolve("gone.csv"));
    assertRefused("empty.csv: the file is empty", List.of(), write("empty.csv", ""));
    assertRefused("blank.jsonl: the file holds no row", List.of(), write("blank.jsonl", "\n\n"));
    assertRefused("only.csv: the file holds no row", List.of(), write("only.csv", "text,label\n"));
    assertRefused("did you mean 'jsonl'", List.of(), write("a.jsnl", "{}"));
    assertRefused(
        "holds no file with rows", List.of(), Files.createDirectory(folder.resolve("none")));
  }

  @Test
  void refusesBrokenJsonByLineAndColumn() throws IOException {
    assertRefused(
        "a.jsonl:2: broken JSON at column 9",
        List.of(),
        write("a.jsonl", "{\"a\":1}\n{\"text\":oops}\n"));
    assertRefused("b.jsonl:1: broken JSON", List.of(), write("b.jsonl", "{\n\"a\":1}\n"));
    assertRefused("c.jsonl:1: broken JSON", List.of(), write("c.jsonl", "{\"a\":1} {\"a\":2}"));
    assertRefused("d.jsonl:1: broken JSON", List.of(), write("d.jsonl", "{\"a\":1,\"a\":2}"));
    assertRefused("e.jsonl:1: a row must be", List.of(), write("e.jsonl", "[1]"));
    assertRefused("f.json:3: broken JSON", List.of(), write("f.json", "[{\"a\":1},\n\n{\"a\"}]"));
    assertRefused("g.json: an object without", List.of(), write("g.json", "{\"rows\":[]}"));
    assertRefused("h.json:2: broken JSON", List.of(), write("h.json", "[{\"a\":1},\n{\"a\":1}"));
    assertRefused("i.json:1: text after the end", List.of(), write("i.json", "[{\"a\":1}] []"));
    assertRefused("j.json:1: a row must be", List.of(), write("j.json", "[\"word\"]"));
  }

  @Test
  void refusesBrokenCsvByLine() throws IOException {
    assertRefused(
        "a.csv:3: 3 fields, but the header line names 2",
        List.of(),
        write("a.csv", "a,b\n1,2\n1,2,3\n"));
    assertRefused("b.csv:2: 1 fields", List.of(), write("b.csv", "a,b\n1\n"));
    assertRefused(
        "c.csv: broken after line 2", List.of(), write("c.csv", "a,b\n1,2\n\"x,2\n3,4\n"));
    assertRefused("d.csv:1: column name 'a' is there twice", List.of(), write("d.csv", "a,a\n1,2"));
    assertRefused("data.header names 1", List.of("a"), write("e.csv", "1,2"));
  }

  @Test
  void refusesOtherEncodingsByLine() throws IOException {
    for (String name : List.of("a.jsonl", "a.json", "a.csv", "a.tsv", "a.txt")) {
      Path file = folder.resolve(name);
      Files.write(file, "text,label\ncaf\u00e9,x\n".getBytes(StandardCharsets.ISO_8859_1));
      if (name.equals("a.jsonl")) {
        Files.write(file, "{}\n{\"a\":\"caf\u00e9\"}\n".getBytes(StandardCharsets.ISO_8859_1));
      }
      String line = name + ":2: not UTF-8 at byte " + (name.equals("a.jsonl") ? 10 : 4);
      Refused.with(
          line + " of the line (0xE9)",
          () -> Rows.read(List.of(Place.of(file)), List.of(), r -> {}));
    }
  }

  @Test
  void linesAreTheSameWhereverTheBufferEnds() throws IOException {
    Random random = new Random(7);
    for (int round = 0; round < 20; round++) {
      List<String> lines = new ArrayList<>();
      for (int i = 0; i < 40; i++) {
        lines.add("é日\uD83D\uDE00x".repeat(random.nextInt(2_000)) + i);
      }
      Path file = write("lines.txt", String.join("\n", lines));
      try (Lines in = new Lines(file)) {
        for (String line : lines) {
          assertEquals(line, in.next());
        }
        assertEquals(null, in.next());
      }
    }
  }

  @Test
  void readsTheSharedData() {
    Path shared = Path.of(System.getProperty("hone.root")).resolve("../shared");
    Assumptions.assumeTrue(Files.isDirectory(shared), "no shared data here");
    assertEquals(10_003, read(List.of(), shared.resolve("data/banking77/train.csv")).size());
    assertTrue(read(List.of("text", "label"), shared.resolve("data/sst2")).size() == 7_792);
    assertTrue(read(List.of(), shared.resolve("corpus")).size() > 3_700);
    assertEquals(2, read(List.of(), shared.resolve("data/wikitext2")).size());
  }

  private Path write(String name, String text) throws IOException {
    return Files.writeString(folder.resolve(name), text);
  }

  private static List<String> read(List<String> header, Path... files) {
    List<String> rows = new ArrayList<>();
    Rows.read(
        java.util.Arrays.stream(files).map(Place::of).toList(),
        header,
        row -> rows.add(row.origin() + " " + row.fields()));
    return rows;
  }

  private static void assertRefused(String message, List<String> header, Path file) {
    Refused.with(message, () -> Rows.read(List.of(Place.of(file)), header, r -> {}));
  }
}
