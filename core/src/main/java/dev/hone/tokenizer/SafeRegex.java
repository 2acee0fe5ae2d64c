package dev.hone.tokenizer;

import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * Finds what makes a backtracking regular expression run for ever on a short text.
 *
 * <p>The native library's engine (Oniguruma) gives up after ten million steps, and giving up ends
 * the process there. A repetition inside a repetition and a reference back are the ways to get that
 * far; no published pre-tokenizer needs either.
 */
final class SafeRegex {
  private static final int LONGEST = 20_000;

  private SafeRegex() {}

  /** Returns what is dangerous, or null. */
  static @Nullable String danger(String regex) {
    if (regex.length() > LONGEST) {
      return "more than " + LONGEST + " characters";
    }
    Deque<Boolean> outer = new ArrayDeque<>();
    boolean repeats = false; // in the group that is open now
    boolean closedRepeats = false; // in the group that was closed just before
    int classes = 0;
    for (int i = 0; i < regex.length(); i++) {
      char c = regex.charAt(i);
      boolean afterGroup = closedRepeats;
      closedRepeats = false;
      if (c == '\\') {
        i++;
        char escaped = i < regex.length() ? regex.charAt(i) : ' ';
        if (classes == 0
            && (escaped >= '1' && escaped <= '9' || escaped == 'k' || escaped == 'g')) {
          return "a reference back";
        }
      } else if (c == '[') {
        classes++;
      } else if (classes > 0) {
        classes -= c == ']' ? 1 : 0;
      } else if (c == '(') {
        outer.push(repeats);
        repeats = false;
      } else if (c == ')') {
        closedRepeats = repeats;
        repeats |= !outer.isEmpty() && outer.pop();
      } else if (c == '*' || c == '+' || c == '{' && !regex.startsWith("{1}", i)) {
        if (afterGroup) {
          return "a repetition inside a repetition";
        }
        repeats = true;
      }
    }
    return null;
  }
}
