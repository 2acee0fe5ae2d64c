package dev.hone.app.report;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Writes markup that is good HTML and good XML alike. Text and attribute values can only enter
 * escaped, and every element must be closed, so no row of data can break out of its place.
 */
final class Html {
  private static final int LONGEST_NAME = 64;

  private final StringBuilder out = new StringBuilder();
  private final Deque<String> open = new ArrayDeque<>();

  /** Opens an element; attributes are names and values in turn. */
  Html open(String tag, String... attributes) {
    start(tag, attributes);
    out.append('>');
    open.push(tag);
    return this;
  }

  /** Closes the element opened last. */
  Html close() {
    out.append("</").append(open.pop()).append('>');
    return this;
  }

  /** An element that holds only text. */
  Html element(String tag, String text, String... attributes) {
    return open(tag, attributes).text(text).close();
  }

  /** An element without content: a void one of HTML, or one of SVG. */
  Html empty(String tag, String... attributes) {
    start(tag, attributes);
    out.append("/>");
    return this;
  }

  Html text(String text) {
    escape(text, out);
    return this;
  }

  /**
   * An element with a label's name. It may break into lines where its words meet, after "_" or "/",
   * and shows in full under the pointer where it had to be cut.
   */
  Html name(String tag, String name, String... attributes) {
    open(tag, attributes);
    String shown = Numbers.shorten(name, LONGEST_NAME);
    if (shown.equals(name)) {
      open("span");
    } else {
      open("span", "title", name);
    }
    for (String word : shown.split("(?<=[_/.-])")) {
      text(word).empty("wbr");
    }
    return close().close();
  }

  /** A style sheet; its text is not escaped, since HTML takes it as it stands. */
  Html style(String css) {
    if (css.contains("<") || css.contains("&")) {
      throw new IllegalArgumentException("a style sheet that is XML as well has no '<' and no '&'");
    }
    out.append("<style>").append(css).append("</style>");
    return this;
  }

  Html add(Html part) {
    out.append(part);
    return this;
  }

  private void start(String tag, String... attributes) {
    out.append('<').append(tag);
    for (int i = 0; i < attributes.length; i += 2) {
      out.append(' ').append(attributes[i]).append("=\"");
      escape(attributes[i + 1], out);
      out.append('"');
    }
  }

  /** The markup; only once all elements are closed. */
  @Override
  public String toString() {
    if (!open.isEmpty()) {
      throw new IllegalStateException("element <" + open.peek() + "> is not closed");
    }
    return out.toString();
  }

  /** Characters that XML forbids, and halves of surrogate pairs, become U+FFFD. */
  private static void escape(String text, StringBuilder out) {
    text.codePoints()
        .forEach(
            c -> {
              switch (c) {
                case '&' -> out.append("&amp;");
                case '<' -> out.append("&lt;");
                case '>' -> out.append("&gt;");
                case '"' -> out.append("&quot;");
                case '\'' -> out.append("&#39;");
                default -> out.appendCodePoint(allowed(c) ? c : 0xFFFD);
              }
            });
  }

  private static boolean allowed(int c) {
    if (c < ' ') {
      return c == '\n' || c == '\t';
    }
    return (c < 0x7F || c > 0x9F) && (c < 0xD800 || c > 0xDFFF) && c != 0xFFFE && c != 0xFFFF;
  }
}
