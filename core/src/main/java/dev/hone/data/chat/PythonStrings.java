package dev.hone.data.chat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** The methods of Python's str that chat templates call. */
final class PythonStrings {
  private static final String BLANKS = " \t\n\r\u000b\f";

  private PythonStrings() {}

  static Object call(String text, String method, Object[] arguments) {
    return switch (method) {
      case "strip" -> strip(text, blanks(arguments), true, true);
      case "lstrip" -> strip(text, blanks(arguments), true, false);
      case "rstrip" -> strip(text, blanks(arguments), false, true);
      case "upper" -> text.toUpperCase(Locale.ROOT);
      case "lower" -> text.toLowerCase(Locale.ROOT);
      case "capitalize" ->
          text.isEmpty()
              ? text
              : text.substring(0, 1).toUpperCase(Locale.ROOT)
                  + text.substring(1).toLowerCase(Locale.ROOT);
      case "title" -> title(text);
      case "startswith" -> anyOf(arguments[0]).stream().anyMatch(text::startsWith);
      case "endswith" -> anyOf(arguments[0]).stream().anyMatch(text::endsWith);
      case "replace" -> text.replace(arguments[0].toString(), arguments[1].toString());
      case "split" -> split(text, arguments);
      case "join" ->
          String.join(text, ((List<?>) arguments[0]).stream().map(String::valueOf).toList());
      case "find" -> (long) text.indexOf(arguments[0].toString());
      default ->
          throw new UnsupportedOperationException(
              "the template calls the string method '" + method + "'");
    };
  }

  private static String blanks(Object[] arguments) {
    return arguments.length == 0 ? BLANKS : arguments[0].toString();
  }

  private static String strip(String text, String letters, boolean left, boolean right) {
    int from = 0;
    int to = text.length();
    while (left && from < to && letters.indexOf(text.charAt(from)) >= 0) {
      from++;
    }
    while (right && to > from && letters.indexOf(text.charAt(to - 1)) >= 0) {
      to--;
    }
    return text.substring(from, to);
  }

  private static List<String> anyOf(Object argument) {
    return argument instanceof List<?> list
        ? list.stream().map(String::valueOf).toList()
        : List.of(argument.toString());
  }

  private static List<String> split(String text, Object[] arguments) {
    if (arguments.length == 0) {
      return text.isBlank() ? List.of() : Arrays.asList(text.strip().split("\\s+"));
    }
    String separator = arguments[0].toString();
    int most = arguments.length > 1 ? ((Number) arguments[1]).intValue() : Integer.MAX_VALUE;
    List<String> parts = new ArrayList<>();
    int from = 0;
    for (int at = text.indexOf(separator);
        at >= 0 && parts.size() != most;
        at = text.indexOf(separator, from)) {
      parts.add(text.substring(from, at));
      from = at + separator.length();
    }
    parts.add(text.substring(from));
    return parts;
  }

  private static String title(String text) {
    StringBuilder out = new StringBuilder();
    boolean inside = false;
    for (char c : text.toCharArray()) {
      out.append(inside ? Character.toLowerCase(c) : Character.toUpperCase(c));
      inside = Character.isLetter(c);
    }
    return out.toString();
  }
}
