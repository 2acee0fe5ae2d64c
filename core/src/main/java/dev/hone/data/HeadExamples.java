package dev.hone.data;

import dev.hone.error.HoneException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** One row for a head that tells more than a single class. */
record HeadExamples(Row row, Columns columns) {

  Example example() throws DroppedRow {
    return switch (columns.format()) {
      case MULTI_LABEL ->
          new Example.MultiLabelled(filled("text"), pair(), distinctLabels(), row.origin());
      case REGRESSION ->
          new Example.Rated(filled("text"), pair(), columns.number(row, "label"), row.origin());
      case TAGGED -> tagged();
      case QUESTION_ANSWERING -> asked();
      case MULTIPLE_CHOICE -> choice();
      default -> throw new IllegalArgumentException(columns.format().name());
    };
  }

  private String filled(String part) throws DroppedRow {
    return ExampleReader.filled(row, columns, part);
  }

  private @Nullable String pair() {
    return columns.optional(row, "text_pair");
  }

  private List<String> distinctLabels() {
    List<String> labels = columns.names(row, "labels").stream().distinct().sorted().toList();
    require(!labels.contains(""), "labels", "names, but one is empty");
    return labels;
  }

  private Example.Tagged tagged() throws DroppedRow {
    List<String> words = columns.texts(row, "tokens");
    List<String> tags = columns.names(row, "tags");
    if (words.isEmpty()) {
      throw new DroppedRow("empty tokens");
    }
    require(
        words.size() == tags.size(),
        "tags",
        "a tag for each of the " + words.size() + " tokens, found " + tags.size());
    require(!tags.contains(""), "tags", "names, but one is empty");
    return new Example.Tagged(words, tags, row.origin());
  }

  private Example.Choice choice() throws DroppedRow {
    String question = columns.optional(row, "question");
    String context = columns.optional(row, "context");
    if (question == null && context == null) {
      throw new DroppedRow("empty question and context");
    }
    List<String> choices = columns.texts(row, "choices");
    require(choices.size() > 1, "choices", "two choices at least, found " + choices.size());
    double right = columns.number(row, "label");
    require(
        IntStream.range(0, choices.size()).anyMatch(i -> i == right),
        "label",
        "the number of the right choice, 0 to "
            + (choices.size() - 1)
            + ", found "
            + columns.text(row, "label"));
    return question == null
        ? new Example.Choice(String.valueOf(context), null, choices, (int) right, row.origin())
        : new Example.Choice(question, context, choices, (int) right, row.origin());
  }

  private Example.Asked asked() throws DroppedRow {
    String context = filled("context");
    List<Example.Span> answers = new ArrayList<>();
    JsonNode given = columns.value(row, "answers");
    if (given.isArray()) { // SQuAD's own files; the Hub's have an object of two lists
      given.forEach(a -> answers.add(span(context, a.path("text"), a.path("answer_start"))));
    } else if (!given.isNull()) {
      JsonNode texts = given.path("text");
      JsonNode starts = given.path("answer_start");
      require(
          texts.isArray() && starts.isArray() && texts.size() == starts.size(),
          "answers",
          "{\"text\": [...], \"answer_start\": [...]} with two lists of one length");
      for (int i = 0; i < texts.size(); i++) {
        answers.add(span(context, texts.get(i), starts.get(i)));
      }
    }
    for (Example.Span answer : answers) {
      if (answer.text().isBlank()) {
        throw new DroppedRow("an empty answer");
      }
      if (!context.startsWith(answer.text(), answer.begin())) {
        throw new DroppedRow("an answer that does not stand at its answer_start in the context");
      }
    }
    return new Example.Asked(filled("question").strip(), context, answers, row.origin());
  }

  private Example.Span span(String context, JsonNode text, JsonNode start) {
    require(
        text.isString() && start.isIntegralNumber() && start.canConvertToInt(),
        "answers",
        "text and answer_start, a string and a whole number");
    // SQuAD counts characters, Java UTF-16 units.
    int characters = context.codePointCount(0, context.length());
    int at = start.intValue();
    return new Example.Span(
        text.stringValue(),
        at < 0 || at > characters ? context.length() + 1 : context.offsetByCodePoints(0, at));
  }

  private void require(boolean holds, String part, String expected) {
    if (!holds) {
      throw new HoneException(
          "%s: column '%s' must hold %s"
              .formatted(row.origin(), columns.column(row, part), expected));
    }
  }
}
