package dev.hone.data;

import dev.hone.data.DataConfig.Format;
import dev.hone.error.HoneException;
import dev.hone.error.Nearest;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Which column of a row plays which part, and from that what kind of rows these are. */
final class Columns {
  /** The parts of each format; the first format whose parts are all there is taken. */
  private enum Parts {
    PREFERENCE(Format.PREFERENCE, List.of("chosen", "rejected"), List.of("prompt")),
    UNPAIRED(Format.UNPAIRED_PREFERENCE, List.of("prompt", "completion", "label"), List.of()),
    LABELLED(Format.LABELLED, List.of("text", "label"), List.of("text_pair")),
    COMPLETION(Format.COMPLETION, List.of("prompt", "completion"), List.of()),
    INSTRUCTION(Format.INSTRUCTION, List.of("instruction", "output"), List.of("input")),
    CHAT(Format.CHAT, List.of("messages"), List.of()),
    TAGGED(Format.TAGGED, List.of("tokens", "tags"), List.of()),
    QUESTION_ANSWERING(
        Format.QUESTION_ANSWERING, List.of("question", "context", "answers"), List.of()),
    MULTIPLE_CHOICE(
        Format.MULTIPLE_CHOICE, List.of("choices", "label"), List.of("question", "context")),
    MULTI_LABEL(Format.MULTI_LABEL, List.of("text", "labels"), List.of("text_pair")),
    REGRESSION(Format.REGRESSION, List.of("text", "label"), List.of("text_pair")),
    TEXT(Format.TEXT, List.of("text"), List.of());

    /** What a part is also called in data of other projects. */
    static final Map<String, String> OTHER_NAMES =
        Map.of("messages", "conversations", "tags", "ner_tags", "choices", "endings");

    final Format format;
    final List<String> needed;
    final List<String> optional;

    Parts(Format format, List<String> needed, List<String> optional) {
      this.format = format;
      this.needed = needed;
      this.optional = optional;
    }
  }

  /** A part that rows of every format may have. */
  private static final String TASK = "task";

  private final Map<String, String> given;
  private final List<String> labelNames;
  private final Parts parts;

  /**
   * @param format what the recipe says the rows are, or null to find it from the first row
   */
  Columns(Map<String, String> given, List<String> labelNames, @Nullable Format format, Row first) {
    this.given = given;
    this.labelNames = labelNames;
    checkParts(given);
    this.parts =
        Arrays.stream(Parts.values())
            .filter(p -> format == null ? fits(p, first) : p.format == format)
            .findFirst()
            .orElseThrow(() -> unknown(first));
    if (!labelNames.isEmpty()
        && !List.of(Parts.LABELLED, Parts.MULTI_LABEL, Parts.TAGGED).contains(parts)) {
      throw new HoneException(
          "data.labelNames has no part in rows of format %s, which have no label names"
              .formatted(name(parts)));
    }
    for (String part : given.keySet()) {
      if (!hasPart(parts, part)) {
        throw new HoneException(
            "data.columns."
                + part
                + " has no part in rows of format "
                + name(parts)
                + ", whose parts are "
                + String.join(", ", parts.needed));
      }
    }
  }

  Format format() {
    return parts.format;
  }

  /** The text of a part; a number or a truth value as it is written, null as "". */
  String text(Row row, String part) {
    JsonNode value = value(row, part);
    if (value.isNull()) {
      return "";
    }
    if (!value.isValueNode()) {
      throw new HoneException(
          "%s: column '%s' must hold text, found %s"
              .formatted(
                  row.origin(),
                  column(row, part),
                  value.getNodeType().name().toLowerCase(Locale.ROOT)));
    }
    return value.asString();
  }

  /** The text of a part that need not be there; null where it is not, or empty. */
  @Nullable String optional(Row row, String part) {
    String text = given.containsKey(part) || has(row, part) ? text(row, part) : "";
    return text.isBlank() ? null : text;
  }

  /** The texts of a part that is a list; numbers and truth values as they are written. */
  List<String> texts(Row row, String part) {
    JsonNode value = value(row, part);
    if (!value.isArray() || !value.values().stream().allMatch(JsonNode::isValueNode)) {
      throw new HoneException(
          "%s: column '%s' must hold a list of %s, found %s"
              .formatted(
                  row.origin(),
                  column(row, part),
                  part,
                  value.isArray()
                      ? "a list of lists or objects"
                      : value.getNodeType().name().toLowerCase(Locale.ROOT)));
    }
    return value.values().stream().map(v -> v.isNull() ? "" : v.asString()).toList();
  }

  /** The labels of a part that is a list. */
  List<String> names(Row row, String part) {
    return texts(row, part).stream().map(label -> named(row, part, label)).toList();
  }

  /** A label by the name that the recipe has for its number, if it has any. */
  String named(Row row, String part, String label) {
    String said = label.strip();
    if (labelNames.isEmpty() || labelNames.contains(said)) {
      return said;
    }
    return IntStream.range(0, labelNames.size())
        .filter(i -> said.equals(Integer.toString(i)))
        .mapToObj(labelNames::get)
        .findFirst()
        .orElseThrow(
            () ->
                new HoneException(
                    "%s: column '%s' must hold one of data.labelNames or its number, 0 to %d, found '%s'"
                        .formatted(row.origin(), column(row, part), labelNames.size() - 1, said)));
  }

  /** The number of a part. */
  double number(Row row, String part) {
    String text = text(row, part).strip();
    try {
      double number = Double.parseDouble(text);
      if (Double.isFinite(number)) {
        return number;
      }
    } catch (NumberFormatException e) {
      // told below
    }
    throw new HoneException(
        "%s: column '%s' must hold a number, found '%s'"
            .formatted(row.origin(), column(row, part), text));
  }

  /** Whether a part says yes: a truth value, or one in words as CSV files have them. */
  boolean yes(Row row, String part) {
    Boolean truth = truth(value(row, part));
    if (truth == null) {
      throw new HoneException(
          "%s: column '%s' must say true or false, found %s"
              .formatted(row.origin(), column(row, part), value(row, part)));
    }
    return truth;
  }

  private static @Nullable Boolean truth(JsonNode value) {
    return switch (value.isValueNode() ? value.asString().strip().toLowerCase(Locale.ROOT) : "") {
      case "true", "1" -> true;
      case "false", "0" -> false;
      default -> null;
    };
  }

  /** The task that a row belongs to, or nothing; a column that holds no word is no task. */
  String task(Row row) {
    boolean said = has(row, TASK) && value(row, TASK).isValueNode();
    return said || given.containsKey(TASK) ? text(row, TASK).strip() : "";
  }

  boolean has(Row row, String part) {
    return row.fields().has(column(row, part));
  }

  JsonNode value(Row row, String part) {
    return value(row, part, parts);
  }

  private JsonNode value(Row row, String part, Parts of) {
    String column = column(row, part);
    JsonNode value = row.fields().get(column);
    if (value == null) {
      throw new HoneException(
          "%s: no column '%s' for the %s of a %s row; columns there: %s%s; map it with data.columns"
              .formatted(
                  row.origin(),
                  column,
                  part,
                  name(of),
                  String.join(", ", row.columns()),
                  near(column, row.columns())));
    }
    return value;
  }

  String column(Row row, String part) {
    String mapped = given.get(part);
    if (mapped != null) {
      return mapped;
    }
    String other = Parts.OTHER_NAMES.getOrDefault(part, part);
    return !row.fields().has(part) && row.fields().has(other) ? other : part;
  }

  private boolean fits(Parts candidate, Row row) {
    boolean all = candidate.needed.stream().allMatch(p -> given.containsKey(p) || has(row, p));
    boolean mapped = given.keySet().stream().allMatch(p -> hasPart(candidate, p));
    // A label that is no verdict is a column like any other beside a completion.
    boolean verdict =
        candidate != Parts.UNPAIRED || (all && truth(value(row, "label", candidate)) != null);
    return all && mapped && verdict && candidate != Parts.REGRESSION && hasLists(candidate, row);
  }

  /** A text may have tags or labels beside it that are no list of them. */
  private boolean hasLists(Parts candidate, Row row) {
    return switch (candidate) {
      case TAGGED -> value(row, "tokens", candidate).isArray();
      case MULTI_LABEL -> value(row, "labels", candidate).isArray();
      default -> true;
    };
  }

  private static boolean hasPart(Parts of, String part) {
    return part.equals(TASK) || of.needed.contains(part) || of.optional.contains(part);
  }

  private static void checkParts(Map<String, String> given) {
    Set<String> known =
        Arrays.stream(Parts.values())
            .flatMap(p -> Stream.concat(p.needed.stream(), p.optional.stream()))
            .collect(Collectors.toCollection(LinkedHashSet::new));
    known.add(TASK);
    for (String part : given.keySet()) {
      if (!known.contains(part)) {
        throw new HoneException(
            "data.columns: '" + part + "' is no part of a row" + Nearest.hint(part, known));
      }
    }
  }

  private static HoneException unknown(Row row) {
    String near =
        Arrays.stream(Parts.values())
            .flatMap(p -> p.needed.stream())
            .distinct()
            .filter(p -> !row.columns().contains(p))
            .map(p -> near(p, row.columns()))
            .filter(hint -> !hint.isEmpty())
            .findFirst()
            .orElse("");
    return new HoneException(
        "%s: columns (%s)%s fit no format: chosen+rejected, prompt+completion+label, text+label, prompt+completion, instruction+output, messages, tokens+tags, question+context+answers, choices+label, text+labels or text; map them with data.columns, or name them with data.header where the file has no header line"
            .formatted(row.origin(), String.join(", ", row.columns()), near));
  }

  /** The nearest column that is there, or nothing: the columns are listed already. */
  private static String near(String column, Set<String> columns) {
    String hint = Nearest.hint(column, columns);
    return hint.startsWith(" (did") ? hint : "";
  }

  private static String name(Parts parts) {
    return parts.format.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
