package dev.hone.app.report;

import dev.hone.evaluate.Estimate;
import java.util.List;

/**
 * Shares as horizontal bars, each with its 95 % interval as a whisker.
 *
 * @param title what the picture shows
 * @param bars from top to bottom
 */
record BarChart(String title, List<Bar> bars) {
  private static final double CONFIDENCE_95 = 1.96;
  private static final int VALUES = 116;
  private static final int BOTTOM = 26;

  /** One share in [0, 1]; an accented one stands out. */
  record Bar(String name, Estimate share, boolean accent) {}

  Html html() {
    return new Html()
        .open("figure")
        .open("figcaption")
        .element("strong", title)
        .element("span", "± standard error; whiskers: 95 % interval", "class", "key")
        .close()
        .add(Svg.responsive(this::draw))
        .close();
  }

  private Html draw(int width) {
    boolean narrow = width < 500;
    int longest =
        bars.stream().mapToInt(b -> b.name().codePointCount(0, b.name().length())).max().orElse(0);
    // On a narrow page the name stands over its bar, else to the left of it.
    double left = narrow ? 0 : Math.min(270, 24 + 7.4 * longest);
    double rowHeight = narrow ? 46 : 34;
    double top = 6;
    double bottom = top + rowHeight * bars.size();
    Axis x = Axis.exact(0, 1, narrow ? 2 : 5, left, width - VALUES);
    Svg svg = new Svg(width, bottom + BOTTOM, title);
    for (double tick : x.ticks()) {
      String style = tick == 0 ? "axis" : "grid";
      svg.line(style, x.at(tick), top, x.at(tick), bottom);
      String anchor = tick == 0 && narrow ? "tick" : "tick middle";
      svg.text(anchor, x.at(tick), bottom + 18, Numbers.format("%.0f %%", tick * 100));
    }
    double y = top;
    for (Bar bar : bars) {
      row(svg, bar, x, narrow ? y + 30 : y + rowHeight / 2, narrow);
      y += rowHeight;
    }
    return svg.html();
  }

  private static void row(Svg svg, Bar bar, Axis x, double middle, boolean narrow) {
    String weight = bar.accent() ? " strong" : "";
    String name = Numbers.shorten(bar.name(), narrow ? 40 : 35);
    if (narrow) {
      svg.text("name" + weight, 0, middle - 14, name);
    } else {
      svg.text("name end" + weight, x.from() - 12, middle + 4.5, name);
    }
    double share = bar.share().value();
    double half = narrow ? 8 : 9;
    if (Double.isFinite(share)) {
      svg.rectangle(
          bar.accent() ? "bar accent" : "bar",
          x.from(),
          middle - half,
          x.at(share) - x.from(),
          half * 2);
    }
    double reach = CONFIDENCE_95 * bar.share().standardError();
    if (reach > 0) {
      double low = x.at(Math.max(0, share - reach));
      double high = x.at(Math.min(1, share + reach));
      svg.line("whisker", low, middle, high, middle);
      svg.line("whisker", low, middle - 4, low, middle + 4);
      svg.line("whisker", high, middle - 4, high, middle + 4);
    }
    String text = (Numbers.percent(share) + " " + Numbers.error(bar.share())).strip();
    svg.text("value end" + weight, x.to() + VALUES, middle + 4.5, text);
  }
}
