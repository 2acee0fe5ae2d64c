package dev.hone.app.report;

import dev.hone.evaluate.Classification;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * Which label was taken for which. Up to twelve labels make a table with numbers; more make the
 * list of the pairs most often confused, and a picture.
 */
final class ConfusionSection {
  private static final int TABLE = 12;
  private static final int PAIRS = 15;

  /** From this share on a cell is so dark that its text must turn. */
  private static final double FULL = 0.75;

  private ConfusionSection() {}

  static Html of(Classification scores) {
    Html html = new Html();
    html.element(
        "p",
        "Rows are the gold labels, columns the predictions; shares are of the gold label\u2019s rows.",
        "class",
        "note");
    if (scores.labels().size() <= TABLE) {
      return html.add(table(scores));
    }
    return html.add(pairs(scores)).add(picture(scores));
  }

  private static Html table(Classification scores) {
    List<String> labels = scores.labels();
    Html html = new Html().open("div", "class", "scroll").open("table", "class", "confusion");
    html.open("thead")
        .open("tr")
        .element("td", "gold\u00a0\u2193 predicted\u00a0\u2192", "class", "corner");
    for (String label : labels) {
      html.name("th", label, "scope", "col", "dir", "auto");
    }
    html.close().close().open("tbody");
    for (int gold = 0; gold < labels.size(); gold++) {
      html.open("tr").name("th", labels.get(gold), "scope", "row", "dir", "auto");
      int[] row = scores.confusion()[gold];
      int support = Arrays.stream(row).sum();
      for (int predicted = 0; predicted < row.length; predicted++) {
        double share = support == 0 ? 0 : (double) row[predicted] / support;
        String style = (gold == predicted ? "hit" : "miss") + (share > FULL ? " full" : "");
        html.open("td", "class", style, "style", Numbers.format("--share:%.3f", share));
        if (row[predicted] > 0) {
          html.element("b", Numbers.percent(share)).element("small", Numbers.count(row[predicted]));
        }
        html.close();
      }
      html.close();
    }
    return html.close().close().close();
  }

  private record Pair(int gold, int predicted, int rows, double share) {}

  private static Html pairs(Classification scores) {
    Html html = new Html();
    List<Pair> pairs = new ArrayList<>();
    for (int gold = 0; gold < scores.labels().size(); gold++) {
      int[] row = scores.confusion()[gold];
      int support = Arrays.stream(row).sum();
      for (int predicted = 0; predicted < row.length; predicted++) {
        if (gold != predicted && row[predicted] > 0) {
          pairs.add(new Pair(gold, predicted, row[predicted], (double) row[predicted] / support));
        }
      }
    }
    pairs.sort(Comparator.comparingInt(Pair::rows).thenComparingDouble(Pair::share).reversed());
    if (pairs.isEmpty()) {
      return html.element("p", "No row was given a wrong label.");
    }
    html.open("div", "class", "scroll").open("table", "class", "labels");
    html.open("thead").open("tr");
    html.element("th", "Gold label", "scope", "col").element("th", "taken for", "scope", "col");
    html.element("th", "Rows", "scope", "col", "class", "number");
    html.element("th", "Share", "scope", "col", "class", "number").element("td", "");
    html.close().close().open("tbody");
    for (Pair pair : pairs.subList(0, Math.min(PAIRS, pairs.size()))) {
      html.open("tr");
      html.name("th", scores.labels().get(pair.gold()), "scope", "row", "dir", "auto");
      html.name("td", scores.labels().get(pair.predicted()), "dir", "auto");
      html.element("td", Numbers.count(pair.rows()), "class", "number");
      html.element("td", Numbers.percent(pair.share()), "class", "number");
      html.open("td", "class", "meter miss").add(LabelsSection.meter(pair.share())).close();
      html.close();
    }
    return html.close().close().close();
  }

  /** One square a pair of labels, drawn only where there are rows: 77 labels stay a small file. */
  private static Html picture(Classification scores) {
    List<String> labels = scores.labels();
    int n = labels.size();
    int longest = labels.stream().mapToInt(l -> Numbers.shorten(l, 28).length()).max().orElse(0);
    double gutter = 12 + longest * (n > 60 ? 4.6 : 6.4);
    double side = Math.min(24, (880 - gutter) / n);
    double size = side * n;
    String font = side < 10 ? "tiny" : "tick";
    Svg svg = new Svg(gutter + size + 1, gutter + size + 1, "Confusion matrix of " + n + " labels");
    svg.rectangle("frame", gutter, gutter, size, size);
    for (int i = 0; i < n; i++) {
      String label = Numbers.shorten(labels.get(i), 28);
      double middle = gutter + (i + 0.5) * side;
      svg.text(font + " end", gutter - 5, middle + 3, label);
      svg.upright(font, middle + 3, gutter - 5, label);
      if (i > 0 && i % 5 == 0) {
        double at = gutter + i * side;
        svg.line("grid", gutter, at, gutter + size, at).line("grid", at, gutter, at, gutter + size);
      }
    }
    for (int gold = 0; gold < n; gold++) {
      int[] row = scores.confusion()[gold];
      int support = Arrays.stream(row).sum();
      for (int predicted = 0; predicted < n; predicted++) {
        if (row[predicted] > 0) {
          double share = (double) row[predicted] / support;
          String title =
              Numbers.shorten(labels.get(gold), 64)
                  + " \u2192 "
                  + Numbers.shorten(labels.get(predicted), 64)
                  + ": "
                  + Numbers.count(row[predicted], "row")
                  + " ("
                  + Numbers.percent(share)
                  + ")";
          // The square root lets a few confused rows show beside a full diagonal.
          svg.cell(
              gold == predicted ? "hit" : "miss",
              gutter + predicted * side,
              gutter + gold * side,
              side,
              0.1 + 0.9 * Math.sqrt(share),
              title);
        }
      }
    }
    return new Html()
        .open("figure")
        .open("figcaption")
        .element("strong", "Gold label by row, prediction by column")
        .close()
        .open("div", "class", "scroll matrix")
        .add(svg.html())
        .close()
        .close();
  }
}
