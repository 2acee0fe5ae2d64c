package dev.hone.method;

import dev.hone.error.HoneException;

/**
 * A module's path that lets a regular expression look at it only so often. Adapters bring
 * expressions along, and some, such as {@code (a|aa)+b}, take longer than a life on a short text.
 */
final class Patience implements CharSequence {
  private static final int MOST_LOOKS = 100_000;

  private final String path;
  private final String expression;
  private int looks;

  Patience(String path, String expression) {
    this.path = path;
    this.expression = expression;
  }

  @Override
  public char charAt(int index) {
    looks++;
    if (looks > MOST_LOOKS) {
      throw new HoneException(
          "pattern '" + expression + "' tries too many ways to match '" + path + "'; simplify it");
    }
    return path.charAt(index);
  }

  @Override
  public int length() {
    return path.length();
  }

  @Override
  public CharSequence subSequence(int start, int end) {
    return path.substring(start, end);
  }

  @Override
  public String toString() {
    return path;
  }
}
