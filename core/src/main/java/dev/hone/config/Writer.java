package dev.hone.config;

import java.lang.reflect.AnnotatedType;
import java.lang.reflect.RecordComponent;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Writes records as YAML: records in block style, values without records on one line. */
final class Writer {
  private static final int WIDTH = 100;
  private static final Pattern PLAIN = Pattern.compile("[A-Za-z_/][A-Za-z0-9_./-]*");
  // What YAML 1.1 readers take for truth values or null: quoted, so that all readers agree.
  private static final Pattern RESERVED =
      Pattern.compile("null|true|false|yes|no|on|off|y|n", Pattern.CASE_INSENSITIVE);

  private final StringBuilder out = new StringBuilder();

  String write(Record record) {
    components(record, "");
    return out.toString();
  }

  private void components(Record record, String indent) {
    for (RecordComponent component : record.getClass().getRecordComponents()) {
      Object value = Shape.get(component, record);
      if (indent.isEmpty() && value instanceof Record && !out.isEmpty()) {
        out.append('\n');
      }
      Doc doc = component.getAnnotation(Doc.class);
      if (doc != null) {
        out.append(indent).append("# ").append(doc.value().replace('\n', ' ')).append('\n');
      }
      entry(component.getName(), value, component.getAnnotatedType(), indent);
    }
  }

  private void entry(String key, @Nullable Object value, AnnotatedType type, String indent) {
    String start = indent + quoted(key) + ":";
    if (value instanceof Record record && !isEmpty(record, type)) {
      out.append(start).append('\n');
      body(record, type, indent + "  ");
    } else if (value instanceof Map<?, ?> map && holdsRecord(map.values())) {
      out.append(start).append('\n');
      AnnotatedType element = Shape.argument(type, 1);
      map.forEach((k, v) -> entry((String) k, v, element, indent + "  "));
    } else if (value instanceof List<?> list && holdsRecord(list)) {
      out.append(start).append('\n');
      list.forEach(item -> item(item, Shape.argument(type, 0), indent + "  "));
    } else {
      String line = start + " " + flow(value);
      if (value instanceof List<?> list && list.size() > 1 && line.length() > WIDTH) {
        line =
            list.stream()
                .map(item -> "\n" + indent + "  - " + flow(item))
                .collect(Collectors.joining("", start, ""));
      }
      out.append(line).append('\n');
    }
  }

  /** A list's item: its keys are written one step further in, then the dash takes the step. */
  private void item(@Nullable Object item, AnnotatedType type, String indent) {
    if (item instanceof Record record && !isEmpty(record, type)) {
      out.append(indent).append("-\n");
      body(record, type, indent + "  ");
    } else {
      out.append(indent).append("- ").append(flow(item)).append('\n');
    }
  }

  private void body(Record record, AnnotatedType type, String indent) {
    if (Shape.isFamily(Shape.raw(type.getType()))) {
      out.append(indent).append("type: ").append(Shape.name(record.getClass())).append('\n');
    }
    components(record, indent);
  }

  private static boolean isEmpty(Record record, AnnotatedType type) {
    return record.getClass().getRecordComponents().length == 0
        && !Shape.isFamily(Shape.raw(type.getType()));
  }

  private static boolean holdsRecord(Iterable<?> values) {
    for (Object value : values) {
      if (value instanceof Record) {
        return true;
      }
    }
    return false;
  }

  private static String flow(@Nullable Object value) {
    return switch (value) {
      case null -> "null";
      case String text -> quoted(text);
      case Path path -> quoted(path.toAbsolutePath().toString());
      case Place place -> quoted(place.name());
      case ByteSize size -> quoted(size.toString());
      case Enum<?> constant -> quoted(Shape.word(constant));
      case Double number -> number(number);
      case Integer _, Long _, Boolean _ -> value.toString();
      case List<?> list ->
          list.stream().map(Writer::flow).collect(Collectors.joining(", ", "[", "]"));
      case Map<?, ?> map ->
          map.entrySet().stream()
              .map(e -> quoted((String) e.getKey()) + ": " + flow(e.getValue()))
              .collect(Collectors.joining(", ", "{", "}"));
      case Record r when r.getClass().getRecordComponents().length == 0 -> "{}";
      default -> throw new IllegalStateException("cannot write a " + value.getClass());
    };
  }

  private static String number(double number) {
    if (!Double.isFinite(number)) {
      throw new IllegalArgumentException(number + " cannot be written to a recipe");
    }
    return Double.toString(number).toLowerCase(Locale.ROOT);
  }

  /** A text as it is where no reader could mistake it, otherwise in double quotes. */
  private static String quoted(String text) {
    if (PLAIN.matcher(text).matches() && !RESERVED.matcher(text).matches()) {
      return text;
    }
    StringBuilder quoted = new StringBuilder("\"");
    text.codePoints()
        .forEach(
            c -> {
              switch (c) {
                case '"', '\\' -> quoted.append('\\').appendCodePoint(c);
                case '\n' -> quoted.append("\\n");
                case '\t' -> quoted.append("\\t");
                default -> {
                  if (printable(c)) {
                    quoted.appendCodePoint(c);
                  } else {
                    quoted.append(String.format(c > 0xFFFF ? "\\U%08x" : "\\u%04x", c));
                  }
                }
              }
            });
    return quoted.append('"').toString();
  }

  private static boolean printable(int c) {
    return switch (Character.getType(c)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.SURROGATE,
          Character.PRIVATE_USE,
          Character.UNASSIGNED,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR ->
          false;
      default -> c == ' ' || !Character.isSpaceChar(c);
    };
  }
}
