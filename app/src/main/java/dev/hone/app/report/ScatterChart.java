package dev.hone.app.report;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Named points.
 *
 * @param title what the picture shows
 * @param up what the upward axis counts, a share
 * @param along what the other axis counts
 */
record ScatterChart(String title, String up, String along, List<Point> points) {
  private static final int LINE = 15;

  /** A point; an accented one stands out. */
  record Point(String name, double x, double y, boolean accent) {}

  /** A name beside its point, in the nearest place where no other stands. */
  private record Label(Point point, double x, double y) {
    double width() {
      return 7.0 * point.name().length();
    }

    boolean meets(Label other) {
      return Math.abs(y - other.y) < LINE && x < other.x + other.width() && other.x < x + width();
    }
  }

  Html html() {
    return new Html()
        .open("figure")
        .open("figcaption")
        .element("strong", title)
        .element("span", "upwards " + up + ", to the right " + along, "class", "key")
        .close()
        .add(Svg.responsive(this::draw))
        .close();
  }

  private Html draw(int width) {
    double height = width < 500 ? 300 : 380;
    Axis x =
        Axis.round(
            Math.min(0, points.stream().mapToDouble(Point::x).min().orElse(0)),
            points.stream().mapToDouble(Point::x).max().orElse(1),
            width < 500 ? 3 : 6,
            48,
            width - 90);
    Axis y =
        Axis.round(
            points.stream().mapToDouble(Point::y).min().orElse(0),
            points.stream().mapToDouble(Point::y).max().orElse(1),
            5,
            height - 26,
            12);
    Svg svg = new Svg(width, height, title);
    for (double tick : y.ticks()) {
      svg.line("grid", x.from(), y.at(tick), x.to(), y.at(tick));
      svg.text("tick end", x.from() - 8, y.at(tick) + 4, Numbers.format("%.0f %%", 100 * tick));
    }
    for (double tick : x.ticks()) {
      svg.line(tick == 0 ? "axis" : "grid", x.at(tick), y.to(), x.at(tick), y.from());
      svg.text("tick middle", x.at(tick), y.from() + 18, x.label(tick));
    }
    for (Point point : points) {
      svg.circle(point.accent() ? "dot" : "dot other", x.at(point.x()), y.at(point.y()), 4.5);
    }
    for (Label label : labels(x, y)) {
      String style = label.point().accent() ? "name strong" : "name";
      svg.text(style, label.x(), label.y(), label.point().name());
    }
    return svg.html();
  }

  private List<Label> labels(Axis x, Axis y) {
    List<Label> placed = new ArrayList<>();
    List<Point> ordered = new ArrayList<>(points);
    ordered.sort(Comparator.comparingDouble(Point::y).reversed());
    for (Point point : ordered) {
      double left = x.at(point.x()) + 8;
      double middle = y.at(point.y()) + 4;
      Label label = new Label(point, left, middle);
      for (int away = 1;
          away < 2 * points.size() && placed.stream().anyMatch(label::meets);
          away++) {
        int lines = away % 2 == 1 ? (away + 1) / 2 : -away / 2;
        label = new Label(point, left, middle + lines * (LINE - 2));
      }
      placed.add(label);
    }
    return placed;
  }
}
