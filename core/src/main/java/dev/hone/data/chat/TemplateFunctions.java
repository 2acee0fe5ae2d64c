package dev.hone.data.chat;

import com.hubspot.jinjava.interpret.JinjavaInterpreter;
import com.hubspot.jinjava.lib.filter.Filter;
import com.hubspot.jinjava.lib.fn.ELFunctionDefinition;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.io.JsonStringEncoder;

/**
 * What Hugging Face adds to Jinja for chat templates: {@code raise_exception}, {@code
 * strftime_now}, and a {@code tojson} that writes as Python's json.dumps does.
 */
final class TemplateFunctions {
  /** Name of the variable that holds the moment which a template takes for now. */
  static final String NOW = "__now__";

  private TemplateFunctions() {}

  static List<ELFunctionDefinition> all() {
    return List.of(
        new ELFunctionDefinition(
            "", "raise_exception", TemplateFunctions.class, "raiseException", Object.class),
        new ELFunctionDefinition(
            "", "strftime_now", TemplateFunctions.class, "strftimeNow", String.class));
  }

  /** Called by templates. */
  public static String raiseException(Object message) {
    throw new TemplateRefusal(String.valueOf(message));
  }

  /** Called by templates: now, in a pattern of C's strftime. */
  public static String strftimeNow(String pattern) {
    Object now = JinjavaInterpreter.getCurrent().getContext().get(NOW);
    if (!(now instanceof ZonedDateTime moment)) {
      throw new IllegalStateException("a template is rendered without a clock");
    }
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < pattern.length(); i++) {
      char c = pattern.charAt(i);
      if (c != '%' || i + 1 == pattern.length()) {
        out.append(c);
        continue;
      }
      i++;
      out.append(directive(pattern.charAt(i), moment));
    }
    return out.toString();
  }

  private static String directive(char directive, ZonedDateTime moment) {
    String java =
        switch (directive) {
          case 'd' -> "dd";
          case 'm' -> "MM";
          case 'Y' -> "yyyy";
          case 'y' -> "yy";
          case 'B' -> "MMMM";
          case 'b' -> "MMM";
          case 'A' -> "EEEE";
          case 'a' -> "EEE";
          case 'H' -> "HH";
          case 'I' -> "hh";
          case 'M' -> "mm";
          case 'S' -> "ss";
          case 'p' -> "a";
          case 'j' -> "DDD";
          case '%' -> "'%'";
          default ->
              throw new UnsupportedOperationException(
                  "strftime_now does not know '%" + directive + "'");
        };
    return moment.format(DateTimeFormatter.ofPattern(java, Locale.US));
  }

  /** Writes {@code {"a": 1, "b": [2, 3]}}, with Python's blanks and every letter as it is. */
  static final class ToJson implements Filter {
    @Override
    public String getName() {
      return "tojson";
    }

    @Override
    public Object filter(
        @Nullable Object value, JinjavaInterpreter interpreter, String... arguments) {
      if (arguments.length > 0) {
        throw new UnsupportedOperationException("tojson with arguments is not supported");
      }
      return json(value);
    }

    private static String json(@Nullable Object value) {
      return switch (value) {
        case null -> "null";
        case Boolean b -> b.toString();
        case Number n -> n.toString();
        case Map<?, ?> map ->
            map.entrySet().stream()
                .map(e -> json(String.valueOf(e.getKey())) + ": " + json(e.getValue()))
                .collect(Collectors.joining(", ", "{", "}"));
        case Collection<?> list ->
            list.stream().map(ToJson::json).collect(Collectors.joining(", ", "[", "]"));
        default ->
            "\""
                + new String(JsonStringEncoder.getInstance().quoteAsCharArray(value.toString()))
                + "\"";
      };
    }
  }
}
