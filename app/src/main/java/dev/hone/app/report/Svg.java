package dev.hone.app.report;

import java.util.function.IntFunction;

/** One inline picture. Colours come from the style sheet through class names. */
final class Svg {
  /** Widths in pixels for which each picture is drawn; the style sheet shows the one that fits. */
  private static final int WIDE = 880;

  private static final int NARROW = 360;

  /** Two pictures side by side on a wide page, one of them on a narrow one. */
  static final int HALF = 425;

  private final Html html = new Html();

  Svg(double width, double height, String description) {
    html.open(
        "svg",
        "xmlns",
        "http://www.w3.org/2000/svg",
        "viewBox",
        "0 0 " + px(width) + " " + px(height),
        "role",
        "img",
        "aria-label",
        description);
  }

  /** The picture for wide and for narrow pages: scaling one would shrink its letters. */
  static Html responsive(IntFunction<Html> picture) {
    return new Html()
        .open("div", "class", "wide")
        .add(picture.apply(WIDE))
        .close()
        .open("div", "class", "narrow")
        .add(picture.apply(NARROW))
        .close();
  }

  Svg line(String style, double x1, double y1, double x2, double y2) {
    html.empty("line", "class", style, "x1", px(x1), "y1", px(y1), "x2", px(x2), "y2", px(y2));
    return this;
  }

  Svg rectangle(String style, double x, double y, double width, double height) {
    html.empty(
        "rect",
        "class",
        style,
        "x",
        px(x),
        "y",
        px(y),
        "width",
        px(Math.max(0, width)),
        "height",
        px(Math.max(0, height)));
    return this;
  }

  /** A rectangle of some opacity that tells what it is under the pointer. */
  Svg cell(String style, double x, double y, double side, double opacity, String title) {
    html.open(
            "rect",
            "class",
            style,
            "x",
            px(x),
            "y",
            px(y),
            "width",
            px(side),
            "height",
            px(side),
            "fill-opacity",
            Numbers.format("%.2f", opacity))
        .element("title", title)
        .close();
    return this;
  }

  Svg circle(String style, double x, double y, double radius) {
    html.empty("circle", "class", style, "cx", px(x), "cy", px(y), "r", px(radius));
    return this;
  }

  /** Text that reads upwards from its place. */
  Svg upright(String style, double x, double y, String text) {
    String turn = "rotate(-90 " + px(x) + " " + px(y) + ")";
    html.element("text", text, "class", style, "x", px(x), "y", px(y), "transform", turn);
    return this;
  }

  Svg path(String style, String commands) {
    html.empty("path", "class", style, "d", commands);
    return this;
  }

  Svg text(String style, double x, double y, String text) {
    html.element("text", text, "class", style, "x", px(x), "y", px(y));
    return this;
  }

  Html html() {
    return html.close();
  }

  static String px(double value) {
    String text = Numbers.format("%.1f", value);
    return text.endsWith(".0") ? text.substring(0, text.length() - 2) : text;
  }
}
