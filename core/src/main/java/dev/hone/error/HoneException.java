package dev.hone.error;

import java.util.Locale;

/**
 * Something that the user can mend: a wrong row, key, file or shape.
 *
 * <p>The message is one clear line that names the file, row or key, says what was expected and what
 * to do. The command prints it without a stack trace and exits with 1.
 */
public final class HoneException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public HoneException(String message) {
    super(oneLine(message));
  }

  public HoneException(String message, Throwable cause) {
    super(oneLine(message), cause);
  }

  /**
   * Messages quote what stands in files, which strangers wrote: a line end would make two lines of
   * one, and an escape sequence would give orders to the terminal. Both are shown, not done.
   */
  private static String oneLine(String message) {
    if (message.codePoints().noneMatch(HoneException::commands)) {
      return message;
    }
    StringBuilder line = new StringBuilder();
    message
        .codePoints()
        .forEach(
            c -> {
              if (!commands(c)) {
                line.appendCodePoint(c);
              } else if (c == '\n') {
                line.append("\\n");
              } else {
                line.append(String.format(Locale.ROOT, "\\u%04x", c));
              }
            });
    return line.toString();
  }

  /** Control characters, ends of lines, and what turns the direction of writing. */
  private static boolean commands(int c) {
    return Character.isISOControl(c)
        || (c >= 0x2028 && c <= 0x202E)
        || (c >= 0x2066 && c <= 0x2069);
  }
}
