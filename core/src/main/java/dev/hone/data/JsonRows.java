package dev.hone.data;

import dev.hone.error.HoneException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.function.Consumer;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectReader;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Rows of .jsonl files (an object a line) and .json files (an array of objects). */
final class JsonRows {
  // Numbers keep their digits, because a number label becomes text.
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .build();

  /** What follows an element of an array is the next one. */
  private static final ObjectReader ELEMENT =
      JSON.reader().without(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  private JsonRows() {}

  static void readLines(Path file, Consumer<Row> reader) throws IOException {
    try (Lines lines = new Lines(file)) {
      for (String line = lines.next(); line != null; line = lines.next()) {
        if (line.isBlank()) {
          continue;
        }
        String origin = file + ":" + lines.number();
        JsonNode node;
        try {
          node = JSON.readTree(line);
        } catch (JacksonException e) {
          throw broken(file, lines.number(), e, "each line must be one whole JSON object");
        }
        reader.accept(row(node, origin));
      }
    }
  }

  static void readArray(Path file, Consumer<Row> reader) throws IOException {
    Lines.check(file);
    try (JsonParser in = JSON.createParser(file)) {
      JsonToken first = in.nextToken();
      if (first == JsonToken.START_OBJECT && !toData(in)) {
        throw new HoneException(
            file + ": an object without a \"data\" array; expected [rows] or {\"data\": [rows]}");
      } else if (first != JsonToken.START_OBJECT && first != JsonToken.START_ARRAY) {
        throw new HoneException(file + ": expected an array of objects or {\"data\": [...]}");
      }
      while (in.nextToken() != JsonToken.END_ARRAY) {
        int line = in.currentTokenLocation().getLineNr();
        JsonNode node = ELEMENT.readTree(in);
        Row row = row(node, file + ":" + line);
        if (SquadRows.isArticle(row)) {
          SquadRows.of(row).forEach(reader);
        } else {
          reader.accept(row);
        }
      }
      if (first == JsonToken.START_ARRAY && in.nextToken() != null) {
        throw new HoneException(
            file
                + ":"
                + in.currentTokenLocation().getLineNr()
                + ": text after the end of the array; one array a file (or use .jsonl)");
      }
    } catch (JacksonException e) {
      throw broken(file, 0, e, "expected an array of objects");
    }
  }

  /** Moves into the array of the key "data"; other keys are passed over. */
  private static boolean toData(JsonParser in) {
    while (in.nextToken() == JsonToken.PROPERTY_NAME) {
      boolean data = "data".equals(in.currentName());
      if (in.nextToken() == JsonToken.START_ARRAY && data) {
        return true;
      }
      in.skipChildren();
    }
    return false;
  }

  private static Row row(JsonNode node, String origin) {
    if (node instanceof ObjectNode object) {
      return new Row(object, origin);
    }
    throw new HoneException(
        origin
            + ": a row must be a JSON object with named columns, found "
            + node.getNodeType().name().toLowerCase(Locale.ROOT));
  }

  private static HoneException broken(Path file, long line, JacksonException e, String expected) {
    var at = e.getLocation();
    long number = line > 0 ? line : at == null ? 1 : at.getLineNr();
    int column = at == null ? 1 : at.getColumnNr();
    String what = e.getOriginalMessage().lines().findFirst().orElse("broken");
    return new HoneException(
        "%s:%d: broken JSON at column %d: %s; %s".formatted(file, number, column, what, expected),
        e);
  }
}
