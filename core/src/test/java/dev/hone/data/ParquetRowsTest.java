package dev.hone.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.config.Place;
import dev.hone.error.HoneException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Files that pyarrow wrote, seven rows in groups of three, one file a compression: chat messages
 * (list of structs), tags (list), n, x, ok, text (null in row 3), day, price, label (dictionary).
 */
class ParquetRowsTest {
  @TempDir private Path folder;

  private Path file(String name) throws IOException {
    Path file = folder.resolve(name);
    try (InputStream in = Objects.requireNonNull(getClass().getResourceAsStream(name))) {
      Files.write(file, in.readAllBytes());
    }
    return file;
  }

  private static List<Row> rows(Path file) {
    List<Row> rows = new ArrayList<>();
    Rows.read(List.of(Place.of(file)), List.of(), rows::add);
    return rows;
  }

  @ParameterizedTest
  @ValueSource(strings = {"none", "snappy", "gzip", "zstd", "lz4"})
  void everyValueOfEveryRow(String compression) throws IOException {
    Path file = file(compression + ".parquet");
    List<Row> rows = rows(file);
    assertEquals(7, rows.size());
    assertEquals(
        "{\"messages\":[{\"role\":\"user\",\"content\":\"Größe 5?\"},"
            + "{\"role\":\"assistant\",\"content\":\"answer 5\"}],\"tags\":[\"a\",\"b\"],\"n\":5,"
            + "\"x\":7.5,\"ok\":false,\"text\":\"row 5\",\"day\":\"2020-01-06\",\"price\":12.55,"
            + "\"label\":\"neg\"}",
        sorted(rows.get(5)));
    assertTrue(rows.get(2).fields().path("text").isNull());
    assertEquals(0, rows.get(3).fields().path("tags").size());
    assertEquals(file + ":6", rows.get(5).origin());
  }

  /** pyarrow sorts a struct's fields as it likes. */
  private static String sorted(Row row) {
    var fields = row.fields().deepCopy();
    var messages = fields.withArray("messages");
    for (int i = 0; i < messages.size(); i++) {
      var sorted = fields.objectNode();
      sorted.set("role", messages.get(i).get("role"));
      sorted.set("content", messages.get(i).get("content"));
      messages.set(i, sorted);
    }
    return fields.toString();
  }

  @Test
  void examplesOfChatsAndLabels() throws IOException {
    Path file = file("snappy.parquet");
    Refused.with( // one row of seven has no text
        "snappy.parquet:3 (empty text)",
        () -> Examples.read(Configs.columns(Map.of("text", "text"), file)));
    Examples chats = Examples.read(Configs.columns(Map.of("messages", "messages"), file));
    assertEquals(DataConfig.Format.CHAT, chats.format());
    assertEquals(7, chats.rows().size());
  }

  /** Written by Hugging Face's datasets, with ClassLabel in each place where it may stand. */
  @Test
  void numbersOfClassLabelsGetTheNamesInTheFile() throws IOException {
    List<Row> rows = rows(file("class-labels.parquet"));
    assertEquals(
        "{\"label\":\"good\",\"tags\":[\"O\",\"B-PER\"],\"struct\":{\"kind\":\"b\",\"n\":1},"
            + "\"list\":[{\"kind\":\"a\"}],\"turned\":{\"kind\":[\"b\",\"a\"]},\"n\":0}",
        rows.getFirst().fields().toString());
    assertEquals("-1", rows.getLast().fields().path("label").toString(), "a row without its label");
  }

  @Test
  void whatCannotBeReadIsRefusedInOneLine() throws IOException {
    Path brotli = file("brotli.parquet");
    assertTrue(refused(brotli).contains("packed with brotli"), refused(brotli));
    Path cut = folder.resolve("cut.parquet");
    byte[] whole = Files.readAllBytes(file("zstd.parquet"));
    Files.write(cut, java.util.Arrays.copyOf(whole, whole.length / 2));
    assertTrue(refused(cut).startsWith(cut + ": broken Parquet"), refused(cut));
    byte[] damaged = whole.clone();
    java.util.Arrays.fill(damaged, 4, 400, (byte) 0x55);
    Path file = Files.write(folder.resolve("damaged.parquet"), damaged);
    assertTrue(refused(file).startsWith(file + ": "), refused(file));
    Path text = Files.writeString(folder.resolve("text.parquet"), "no parquet at all, but words");
    assertTrue(refused(text).contains("broken Parquet"), refused(text));
  }

  private static String refused(Path file) {
    String message =
        String.valueOf(assertThrows(HoneException.class, () -> rows(file)).getMessage());
    assertEquals(1, message.lines().count(), message);
    return message;
  }
}
