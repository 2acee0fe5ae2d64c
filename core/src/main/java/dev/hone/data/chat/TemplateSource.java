package dev.hone.data.chat;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A template's text, put so that Jinjava reads it as Python's Jinja does. Jinjava lets {@code not}
 * bind before comparisons and stops a named argument at an operator, both without a word; here
 * brackets say what is meant. What it would silently read as something else is refused.
 */
final class TemplateSource {
  private static final String LITERAL =
      "'[^'\\\\]*+(?:\\\\.[^'\\\\]*+)*+'|\"[^\"\\\\]*+(?:\\\\.[^\"\\\\]*+)*+\"";
  private static final Pattern OPENING = Pattern.compile("\\{([{%#])[-+]?");
  private static final Pattern TOKEN =
      Pattern.compile(LITERAL + "|[\\w.]++|\\s++|[=!<>]=|[-+]?%}|.", Pattern.DOTALL);
  // At the end of a text, which itself begins with the mark that closes the tag before it.
  private static final Pattern INNER_BLANKS = Pattern.compile("(?<=[^\\s])(?<!-[%}#]})[ \\t]+\\z");
  private static final List<String> REVERSED = List.of("[", ":", ":", "-", "1", "]");
  private static final Set<String> AFTER_OPERAND = Set.of("and", "or", "if", "else", ",", ":");

  private TemplateSource() {}

  static String forJinjava(String template) {
    // Jinja drops one line end at the end of a template.
    String source = template.replaceFirst("\\r?\\n\\z", "");
    StringBuilder out = new StringBuilder();
    Deque<String> open = new ArrayDeque<>();
    Matcher opening = OPENING.matcher(source);
    int from = 0;
    while (opening.find(from)) {
      out.append(text(source.substring(from, opening.start()), opening.group()));
      out.append(opening.group());
      from = opening.end();
      if ("#".equals(opening.group(1))) {
        int end = source.indexOf("#}", from);
        out.append(source, from, end < 0 ? source.length() : end);
        from = end < 0 ? source.length() : end;
        continue;
      }
      List<String> tokens = tokens(source, from, "%".equals(opening.group(1)));
      String code = String.join("", tokens);
      from += code.length();
      if ("raw".equals(open.peek()) && !code.strip().equals("endraw")) {
        out.append(code);
        continue;
      }
      if ("%".equals(opening.group(1))) {
        follow(tokens, open);
      }
      out.append(bracketed(tokens, 0));
    }
    return out.append(source.substring(from)).toString();
  }

  /**
   * Blanks before a tag are text, unless they begin a line or a minus strips them. Jinjava strips
   * them always.
   */
  private static String text(String text, String opening) {
    Matcher inner = INNER_BLANKS.matcher(text);
    if (!opening.equals("{%") || !inner.find()) {
      return text;
    }
    return text.substring(0, inner.start()) + "{{ '" + inner.group() + "' }}";
  }

  /**
   * Keeps account of open tags, to find a loop's filter and its else, which Jinjava passes over.
   */
  private static void follow(List<String> tokens, Deque<String> open) {
    List<String> words = tokens.stream().filter(t -> !t.isBlank()).toList();
    String tag = words.isEmpty() ? "" : words.getFirst();
    switch (tag) {
      case "for" -> {
        if (words.contains("if") && !words.contains("else")) {
          throw new UnsupportedOperationException("'for ... in ... if ...' is not supported");
        }
        open.push(tag);
      }
      case "if", "raw" -> open.push(tag);
      case "else" -> {
        if ("for".equals(open.peek())) {
          throw new UnsupportedOperationException("'else' of a loop is not supported");
        }
      }
      case "endfor", "endif", "endraw" -> open.poll();
      default -> {
        // other tags have neither
      }
    }
  }

  /** The tokens of a block up to the mark that closes it. */
  private static List<String> tokens(String source, int from, boolean statement) {
    List<String> tokens = new ArrayList<>();
    Matcher token = TOKEN.matcher(source).region(from, source.length());
    int depth = 0;
    while (token.find()) {
      String text = token.group();
      depth += depth(text);
      if (statement ? text.endsWith("%}") : depth < 0) {
        if (!statement && !tokens.isEmpty() && tokens.getLast().matches("[-+]")) {
          tokens.removeLast(); // belongs to the mark
        }
        break;
      }
      tokens.add(text);
    }
    return tokens;
  }

  private static String bracketed(List<String> tokens, int outside) {
    StringBuilder out = new StringBuilder();
    int depth = outside;
    for (int i = 0; i < tokens.size(); i++) {
      String token = tokens.get(i);
      if (i + REVERSED.size() <= tokens.size()
          && tokens.subList(i, i + REVERSED.size()).equals(REVERSED)) {
        out.append("|reverse"); // Jinjava's slices have no step
        i += REVERSED.size() - 1;
        continue;
      }
      depth += depth(token);
      out.append(token);
      boolean not =
          token.equals("not")
              && !near(tokens, i, -1).equals("is")
              && !near(tokens, i, 1).equals("in");
      boolean named =
          token.equals("=") && depth > 0 && near(tokens, i, -1).matches("[A-Za-z_]\\w*");
      if (not || named) {
        int end = operandEnd(tokens, i + 1, named);
        out.append(" (").append(bracketed(tokens.subList(i + 1, end), depth).strip()).append(") ");
        i = end - 1;
      }
    }
    return out.toString();
  }

  /**
   * Where an operand ends: at the bracket that closes around it, or at a weaker word or a comma.
   */
  private static int operandEnd(List<String> tokens, int from, boolean named) {
    int depth = 0;
    for (int i = from; i < tokens.size(); i++) {
      String token = tokens.get(i);
      depth += depth(token);
      boolean weaker = named ? token.equals(",") : AFTER_OPERAND.contains(token);
      if (depth < 0 || (depth == 0 && weaker)) {
        return i;
      }
    }
    return tokens.size();
  }

  private static int depth(String token) {
    return switch (token) {
      case "(", "[", "{" -> 1;
      case ")", "]", "}" -> -1;
      default -> 0;
    };
  }

  /** The next token in a direction that is no blank, or "". */
  private static String near(List<String> tokens, int at, int step) {
    int i = at + step;
    while (i >= 0 && i < tokens.size() && tokens.get(i).isBlank()) {
      i += step;
    }
    return i >= 0 && i < tokens.size() ? tokens.get(i) : "";
  }
}
