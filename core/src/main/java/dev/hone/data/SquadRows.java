package dev.hone.data;

import dev.hone.error.HoneException;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The rows in a file of SQuAD's own form (arXiv:1606.05250): articles hold paragraphs, those a
 * context and questions about it.
 */
final class SquadRows {
  private SquadRows() {}

  static boolean isArticle(Row row) {
    return row.fields().path("paragraphs").isArray();
  }

  /** A row for every question of an article, with the columns that the Hub's SQuAD has. */
  static List<Row> of(Row article) {
    List<Row> rows = new ArrayList<>();
    for (JsonNode paragraph : article.fields().path("paragraphs")) {
      for (JsonNode asked : list(paragraph, "qas", article.origin())) {
        ObjectNode row = article.fields().objectNode();
        String id = asked.path("id").asString("");
        row.put("id", id);
        row.set("title", article.fields().path("title"));
        row.set("context", paragraph.path("context"));
        row.set("question", asked.path("question"));
        row.set("answers", list(asked, "answers", article.origin()));
        rows.add(new Row(row, article.origin() + (id.isEmpty() ? "" : " (question " + id + ")")));
      }
    }
    return rows;
  }

  private static JsonNode list(JsonNode of, String key, String origin) {
    JsonNode list = of.path(key);
    if (!list.isArray()) {
      throw new HoneException(
          origin
              + ": expected SQuAD's form, paragraphs: [{context, qas: [{question, answers:"
              + " [...]}]}], but '"
              + key
              + "' is no list");
    }
    return list;
  }
}
