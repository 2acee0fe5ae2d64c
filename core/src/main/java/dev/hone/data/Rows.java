package dev.hone.data;

import dev.hone.config.Place;
import dev.hone.error.HoneException;
import dev.hone.error.Nearest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.stream.Stream;
import tools.jackson.databind.node.JsonNodeFactory;

/** Streams the rows of files and folders, each with its {@code file:line}. */
final class Rows {
  private static final List<String> ENDINGS =
      List.of("jsonl", "json", "csv", "tsv", "parquet", "txt");

  private Rows() {}

  /**
   * Hands every row to the reader, in the order of the paths; a folder's files in the order of
   * their names.
   *
   * @param header column names for .csv and .tsv files without a header line, or empty
   * @throws HoneException for a missing or empty file, and for the first broken row
   */
  static void read(List<Place> paths, List<String> header, Consumer<Row> reader) {
    if (paths.isEmpty()) {
      throw new HoneException("data.path names no file: give files or folders with rows");
    }
    for (Place place : paths) {
      for (Path file : files(local(place))) {
        try {
          readFile(file, header, reader);
        } catch (IOException e) {
          throw new HoneException(file + ": cannot be read: " + e.getMessage(), e);
        }
      }
    }
  }

  private static Path local(Place place) {
    if (place.onHub()) {
      throw new HoneException(place + ": was not fetched from the Hub before it was read");
    }
    return place
        .path()
        .orElseThrow(
            () ->
                new HoneException(
                    place
                        + ": no such file or folder; check data.path (rows on the Hub are named"
                        + " hf://datasets/owner/name)"));
  }

  private static List<Path> files(Path path) {
    if (Files.isRegularFile(path)) {
      if (!ENDINGS.contains(ending(path))) {
        throw new HoneException(
            path
                + ": rows are not read from files that end in '."
                + ending(path)
                + "'"
                + Nearest.hint(ending(path), ENDINGS));
      }
      return List.of(path);
    }
    if (!Files.isDirectory(path)) {
      throw new HoneException(path + ": no such file or folder; check data.path");
    }
    try (Stream<Path> inside = Files.walk(path)) {
      List<Path> files =
          inside
              .filter(Files::isRegularFile)
              .filter(f -> !f.getFileName().toString().startsWith("."))
              .filter(f -> ENDINGS.contains(ending(f)))
              .sorted()
              .toList();
      if (files.isEmpty()) {
        throw new HoneException(
            path + ": the folder holds no file with rows (." + String.join(", .", ENDINGS) + ")");
      }
      return files;
    } catch (IOException e) {
      throw new HoneException(path + ": cannot be listed: " + e.getMessage(), e);
    }
  }

  private static String ending(Path file) {
    String name = file.getFileName().toString();
    return name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
  }

  private static void readFile(Path file, List<String> header, Consumer<Row> reader)
      throws IOException {
    if (Files.size(file) == 0) {
      throw new HoneException(file + ": the file is empty; remove it or fill it with rows");
    }
    long[] count = {0};
    Consumer<Row> counting =
        row -> {
          count[0]++;
          reader.accept(row);
        };
    switch (ending(file)) {
      case "jsonl" -> JsonRows.readLines(file, counting);
      case "json" -> JsonRows.readArray(file, counting);
      case "csv" -> CsvRows.read(file, ',', header, counting);
      case "tsv" -> CsvRows.read(file, '\t', header, counting);
      case "parquet" -> ParquetRows.read(file, counting);
      default -> readDocument(file, counting);
    }
    if (count[0] == 0) {
      throw new HoneException(file + ": the file holds no row");
    }
  }

  /** A text file is one document. */
  private static void readDocument(Path file, Consumer<Row> reader) throws IOException {
    List<String> lines = new ArrayList<>();
    try (Lines in = new Lines(file)) {
      for (String line = in.next(); line != null; line = in.next()) {
        lines.add(line);
      }
    }
    reader.accept(
        new Row(
            JsonNodeFactory.instance.objectNode().put("text", String.join("\n", lines)),
            file + ":1"));
  }
}
