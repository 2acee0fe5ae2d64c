package dev.hone.tokenizer;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.jspecify.annotations.Nullable;

/**
 * Finds what makes a backtracking regular expression run for ever on a short text.
 *
 * <p>The native library's engine (Oniguruma) gives up after ten million steps, and giving up ends
 * the process there. A repeated group that can match in several ways, a row of repetitions and a
 * reference back are the ways to get that far; no published pre-tokenizer needs them.
 */
final class SafeRegex {
  private static final int LONGEST = 20_000;

  /** So many open repetitions may stand in one alternative. */
  private static final int MOST_IN_A_ROW = 3;

  /** Every ASCII character beside every kind of neighbour that patterns ask for. */
  private static final String PROBE = probe();

  private SafeRegex() {}

  /**
   * Whether each match takes at least one character, as far as a text with all usual ones can tell.
   *
   * <p>Replacing an empty match leaves the library with fewer positions than characters.
   */
  static boolean takesText(String regex) {
    try {
      for (String text : List.of("", PROBE)) {
        Matcher matcher = Pattern.compile(regex).matcher(text);
        while (matcher.find()) {
          if (matcher.end() == matcher.start()) {
            return false;
          }
        }
      }
      return true;
    } catch (PatternSyntaxException e) {
      return false;
    }
  }

  private static String probe() {
    StringBuilder text = new StringBuilder();
    for (char c = 1; c < 127; c++) {
      text.append(c).append(" a1").append(c).append(c).append("\n\u00e9\u0301\u4e00");
    }
    return text.toString();
  }

  /** Returns what is dangerous, or null. */
  static @Nullable String danger(String regex) {
    if (regex.length() > LONGEST) {
      return "more than " + LONGEST + " characters";
    }
    Deque<Boolean> outer = new ArrayDeque<>();
    boolean loose = false; // whether the open group can match one text in several ways
    boolean closedLoose = false; // the same of the group that was closed just before
    int classes = 0;
    int row = 0;
    for (int i = 0; i < regex.length(); i++) {
      char c = regex.charAt(i);
      boolean afterLoose = closedLoose;
      closedLoose = false;
      if (c == '\\') {
        char escaped = ++i < regex.length() ? regex.charAt(i) : ' ';
        if (classes == 0 && "123456789kg".indexOf(escaped) >= 0) {
          return "a reference back";
        }
        if ("pPxo".indexOf(escaped) >= 0 && regex.startsWith("{", i + 1)) {
          i = Math.max(i, regex.indexOf('}', i));
        }
      } else if (c == '[') {
        classes++;
      } else if (classes > 0) {
        classes -= c == ']' ? 1 : 0;
      } else if (c == '(') {
        outer.push(loose);
        loose = false;
        i += regex.startsWith("?", i + 1) ? 1 : 0;
      } else if (c == ')') {
        closedLoose = loose;
        loose |= !outer.isEmpty() && outer.pop();
      } else if (c == '|') {
        loose = true;
        row = 0;
      } else if (c == '?') {
        loose = true;
      } else if (c == '*' || c == '+' || c == '{') {
        if (afterLoose) {
          return "a repeated group that can match in several ways";
        }
        if (regex.startsWith("+", i + 1)) {
          i++; // possessive: it never gives back
        }
        int end = regex.indexOf('}', i);
        boolean fixed = c == '{' && end > 0 && regex.substring(i + 1, end).matches("\\d+");
        loose |= !fixed;
        row += fixed ? 0 : 1;
        if (row > MOST_IN_A_ROW) {
          return "more than " + MOST_IN_A_ROW + " repetitions in a row";
        }
      }
    }
    return null;
  }
}
