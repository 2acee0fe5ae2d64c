package dev.hone.error;

/**
 * Something that the user can mend: a wrong row, key, file or shape.
 *
 * <p>The message is one clear line that names the file, row or key, says what was expected and what
 * to do. The command prints it without a stack trace and exits with 1.
 */
public final class HoneException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public HoneException(String message) {
    super(message);
  }

  public HoneException(String message, Throwable cause) {
    super(message, cause);
  }
}
