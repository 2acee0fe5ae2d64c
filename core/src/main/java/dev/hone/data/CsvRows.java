package dev.hone.data;

import de.siegmar.fastcsv.reader.CsvParseException;
import de.siegmar.fastcsv.reader.CsvReader;
import de.siegmar.fastcsv.reader.CsvRecord;
import dev.hone.error.HoneException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** Rows of comma- and tab-separated files as RFC 4180 describes them. */
final class CsvRows {
  private CsvRows() {}

  static void read(Path file, char separator, List<String> given, Consumer<Row> reader)
      throws IOException {
    Lines.check(file);
    long line = 0;
    try (CsvReader<CsvRecord> records =
        CsvReader.builder()
            .fieldSeparator(separator)
            .detectBomHeader(true)
            .skipEmptyLines(true)
            .allowExtraFields(true)
            .allowMissingFields(true)
            .allowUnclosedQuote(false)
            .allowExtraCharsAfterClosingQuote(false)
            .ofCsvRecord(file, StandardCharsets.UTF_8)) {
      List<String> header = given;
      boolean first = true;
      for (CsvRecord record : records) {
        line = record.getStartingLineNumber();
        if (first) {
          first = false;
          if (given.isEmpty()) {
            header = header(file, record);
            continue;
          }
          if (record.getFields().equals(given)) {
            throw new HoneException(
                file + ":1: the file has its own header line; remove data.header");
          }
        }
        reader.accept(row(file, header, record, given.isEmpty()));
      }
    } catch (CsvParseException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      throw new HoneException(
          file + ": broken after line " + line + ": " + cause.getMessage() + "; check its quotes",
          e);
    }
  }

  private static List<String> header(Path file, CsvRecord record) {
    Set<String> seen = new HashSet<>();
    for (String name : record.getFields()) {
      if (name.isBlank() || !seen.add(name)) {
        throw new HoneException(
            "%s:1: column name '%s' is %s; if the file has no header line, name its columns with data.header"
                .formatted(file, name, name.isBlank() ? "empty" : "there twice"));
      }
    }
    return record.getFields();
  }

  private static Row row(Path file, List<String> header, CsvRecord record, boolean own) {
    String origin = file + ":" + record.getStartingLineNumber();
    if (record.getFieldCount() != header.size()) {
      throw new HoneException(
          "%s: %d fields, but %s names %d columns (%s); quote a field that holds the separator"
              .formatted(
                  origin,
                  record.getFieldCount(),
                  own ? "the header line" : "data.header",
                  header.size(),
                  String.join(", ", header)));
    }
    ObjectNode fields = JsonNodeFactory.instance.objectNode();
    for (int i = 0; i < header.size(); i++) {
      fields.put(header.get(i), record.getField(i));
    }
    return new Row(fields, origin);
  }
}
