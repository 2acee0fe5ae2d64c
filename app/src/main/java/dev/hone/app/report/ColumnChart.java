package dev.hone.app.report;

import java.util.List;

/**
 * A histogram.
 *
 * @param title what the picture shows
 * @param xUnit what is binned
 * @param yUnit what is counted
 * @param bins columns of one width, from left to right; at least one
 * @param limit a value to mark; 0 for none
 */
record ColumnChart(String title, String xUnit, String yUnit, List<RunReport.Bin> bins, int limit) {
  private static final int HEIGHT = 150;
  private static final int LEFT = 52;
  private static final int RIGHT = 16;
  private static final int TOP = 28;
  private static final int BOTTOM = 44;

  Html html() {
    return new Html()
        .open("figure")
        .open("figcaption")
        .element("strong", title)
        .close()
        .add(Svg.responsive(this::draw))
        .close();
  }

  private Html draw(int width) {
    long most = bins.stream().mapToLong(RunReport.Bin::count).max().orElse(1);
    Axis x =
        Axis.exact(
            bins.getFirst().from(), bins.getLast().to(), width < 500 ? 5 : 10, LEFT, width - RIGHT);
    if (x.step() < 1) {
      x = new Axis(x.min(), x.max(), 1, x.from(), x.to());
    }
    Axis y = Axis.round(0, most, 4, TOP + HEIGHT, TOP);
    Svg svg = new Svg(width, TOP + HEIGHT + BOTTOM, title + ": " + yUnit + " by " + xUnit);
    LineChart.frame(svg, x, y, xUnit, yUnit);
    for (RunReport.Bin bin : bins) {
      double from = x.at(bin.from());
      double to = x.at(bin.to());
      double gap = to - from > 6 ? 1 : 0;
      svg.rectangle(
          "bar soft",
          from + gap,
          y.at(bin.count()),
          to - from - 2 * gap,
          y.from() - y.at(bin.count()));
    }
    if (limit > x.min() && limit <= x.max()) {
      svg.line("limit", x.at(limit), TOP - 4, x.at(limit), TOP + HEIGHT);
      svg.text("tick end halo", x.at(limit) - 5, TOP + 6, "longest allowed");
    }
    return svg.html();
  }
}
