package dev.hone.app.report;

import java.util.Arrays;
import java.util.List;
import java.util.stream.DoubleStream;

/**
 * Curves over one horizontal axis that starts at 0.
 *
 * @param title what the picture shows
 * @param xUnit what the horizontal axis counts
 * @param yUnit unit of the vertical axis
 * @param height of the plot in pixels
 * @param series the curves, the first one lowest
 */
record LineChart(String title, String xUnit, String yUnit, int height, List<Series> series) {
  private static final int LEFT = 52;
  private static final int RIGHT = 16;
  private static final int TOP = 28;
  private static final int BOTTOM = 44;

  /**
   * One curve. Points that are not finite are left out and break it.
   *
   * @param style class name of its colour
   * @param dots mark each point
   */
  record Series(String name, String style, double[] x, double[] y, boolean dots) {}

  Html html() {
    return figure(Svg.responsive(this::draw));
  }

  /** The chart as one of two that stand side by side. */
  Html half() {
    return figure(draw(Svg.HALF));
  }

  private Html figure(Html picture) {
    Html figure = new Html().open("figure");
    figure.open("figcaption").element("strong", title);
    if (series.size() > 1) {
      for (Series s : series) {
        figure.open("span", "class", "key").element("i", "", "class", s.style()).text(s.name());
        figure.close();
      }
    }
    return figure.close().add(picture).close();
  }

  private Html draw(int width) {
    double[] finite = finite(series.stream().flatMapToDouble(s -> Arrays.stream(s.y())));
    double low = Arrays.stream(finite).min().orElse(0);
    double high = Arrays.stream(finite).max().orElse(1);
    boolean fromZero = low >= 0 && low < high * 0.6 || low == high;
    double last =
        Arrays.stream(finite(series.stream().flatMapToDouble(s -> Arrays.stream(s.x()))))
            .max()
            .orElse(1);
    int xTicks = width < 500 ? 4 : 8;
    Axis x = Axis.exact(0, Math.max(1, last), xTicks, LEFT, width - RIGHT);
    if (x.step() < 1) {
      x = new Axis(x.min(), x.max(), 1, x.from(), x.to());
    }
    Axis y = Axis.round(fromZero ? Math.min(0, low) : low, high, 5, TOP + height, TOP);
    Svg svg = new Svg(width, TOP + height + BOTTOM, title + ": " + yUnit + " over " + xUnit);
    frame(svg, x, y, xUnit, yUnit);
    for (Series s : series) {
      curve(svg, s, x, y);
    }
    return svg.html();
  }

  /** Gridlines, ticks and units; the vertical unit stands over its axis, where it reads easily. */
  static void frame(Svg svg, Axis x, Axis y, String xUnit, String yUnit) {
    for (double tick : y.ticks()) {
      double at = y.at(tick);
      svg.line(tick == y.min() ? "axis" : "grid", x.from(), at, x.to(), at);
      svg.text("tick end", x.from() - 8, at + 4, y.label(tick));
    }
    for (double tick : x.ticks()) {
      svg.line("axis", x.at(tick), y.from(), x.at(tick), y.from() + 4);
      svg.text("tick middle", x.at(tick), y.from() + 18, x.label(tick));
    }
    svg.text("unit", 0, 12, yUnit);
    svg.text("unit end", x.to(), y.from() + 38, xUnit);
  }

  private static void curve(Svg svg, Series s, Axis x, Axis y) {
    int[] shown = s.dots() ? all(s.x().length) : thin(s.y(), (int) ((x.to() - x.from()) / 2));
    StringBuilder path = new StringBuilder();
    int points = 0;
    boolean pen = false;
    for (int i : shown) {
      if (!Double.isFinite(s.y()[i])) {
        pen = false;
        continue;
      }
      path.append(pen ? 'L' : 'M').append(Svg.px(x.at(s.x()[i]))).append(' ');
      path.append(Svg.px(y.at(s.y()[i])));
      pen = true;
      points++;
    }
    if (points > 1) {
      svg.path("curve " + s.style(), path.toString());
    }
    // A single point makes no line, but must be seen.
    if (s.dots() || points == 1) {
      for (int i : shown) {
        if (Double.isFinite(s.y()[i])) {
          svg.circle("dot " + s.style(), x.at(s.x()[i]), y.at(s.y()[i]), 3.5);
        }
      }
    }
  }

  private static int[] all(int n) {
    int[] indices = new int[n];
    Arrays.setAll(indices, i -> i);
    return indices;
  }

  /** Keeps the lowest and the highest point of each bucket, so that no spike goes missing. */
  static int[] thin(double[] y, int buckets) {
    if (y.length <= 2 * buckets) {
      return all(y.length);
    }
    int[] kept = new int[2 * buckets];
    for (int b = 0; b < buckets; b++) {
      int from = (int) ((long) y.length * b / buckets);
      int to = (int) ((long) y.length * (b + 1) / buckets);
      int lowest = from;
      int highest = from;
      for (int i = from + 1; i < to; i++) {
        lowest = y[i] < y[lowest] ? i : lowest;
        highest = y[i] > y[highest] ? i : highest;
      }
      kept[2 * b] = Math.min(lowest, highest);
      kept[2 * b + 1] = Math.max(lowest, highest);
    }
    return kept;
  }

  private static double[] finite(DoubleStream values) {
    return values.filter(Double::isFinite).toArray();
  }
}
