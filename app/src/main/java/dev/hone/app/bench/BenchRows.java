package dev.hone.app.bench;

import dev.hone.data.TokenRow;
import dev.hone.error.HoneException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Rows of token ids to measure with: drawn, or from a file that the other side reads too. */
final class BenchRows {
  private BenchRows() {}

  /** Rows of equal length, every token a label. */
  static List<TokenRow> random(int count, int length, int vocabulary, int classes) {
    Random random = new Random(1);
    List<TokenRow> rows = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      boolean[] learned = new boolean[length];
      Arrays.fill(learned, true);
      int[] ids = random.ints(length, 0, vocabulary).toArray();
      rows.add(new TokenRow(ids, learned, random.nextInt(classes), "row " + (i + 1)));
    }
    return rows;
  }

  /**
   * JSON lines with {@code input_ids} and, as TRL names them, {@code completion_mask} (1 where a
   * token is learned; absent means everywhere), or a class under {@code label}.
   */
  static List<TokenRow> read(Path file) {
    List<TokenRow> rows = new ArrayList<>();
    try {
      for (String line : Files.readAllLines(file)) {
        rows.add(row(JsonMapper.shared().readTree(line), file + ":" + (rows.size() + 1)));
      }
    } catch (IOException | JacksonException e) {
      throw new HoneException(
          file + ":" + (rows.size() + 1) + ": not JSON lines with input_ids: " + e.getMessage(), e);
    }
    return rows;
  }

  private static TokenRow row(JsonNode json, String origin) {
    JsonNode ids = json.path("input_ids");
    JsonNode mask = json.path("completion_mask");
    if (ids.isEmpty() || mask.isArray() && mask.size() != ids.size()) {
      throw new HoneException(
          origin + ": expected input_ids, and a completion_mask of the same length or none");
    }
    boolean[] learned = new boolean[ids.size()];
    int[] row = new int[ids.size()];
    for (int t = 0; t < row.length; t++) {
      row[t] = ids.get(t).asInt();
      learned[t] = !mask.isArray() || mask.get(t).asInt() == 1;
    }
    return new TokenRow(row, learned, json.path("label").asInt(-1), origin);
  }
}
