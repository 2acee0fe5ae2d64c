package dev.hone.app.report;

import dev.hone.app.report.ComparisonReport.Arm;
import dev.hone.app.report.ComparisonReport.Group;
import java.util.List;

/** Arms beside each other: how right each is, what each forgot, and all figures in a table. */
final class ComparisonSection {
  private ComparisonSection() {}

  /** The first arm is the one that the others are held against. */
  static Html of(Group group) {
    Arm first = group.arms().getFirst();
    List<BarChart.Bar> bars =
        group.arms().stream()
            .map(arm -> new BarChart.Bar(arm.name(), arm.accuracy(), arm.equals(first)))
            .toList();
    Html html = new Html().add(new BarChart("Accuracy on the same test rows", bars).html());
    List<ScatterChart.Point> points =
        group.arms().stream()
            .filter(arm -> arm.forgetting() != null)
            .map(arm -> point(arm, arm.equals(first)))
            .toList();
    if (points.size() > 1) {
      html.add(
          new ScatterChart(
                  "What accuracy costs in forgetting: the upper left is the place to be",
                  "accuracy",
                  "loss on general text, nats a token more",
                  points)
              .html());
    }
    return html;
  }

  private static ScatterChart.Point point(Arm arm, boolean first) {
    Double forgetting = arm.forgetting();
    double x = forgetting == null ? 0 : forgetting;
    return new ScatterChart.Point(arm.name(), x, arm.accuracy().value(), first);
  }

  static Html table(List<String> columns, List<List<String>> rows) {
    Html html = new Html().open("div", "class", "scroll").open("table", "class", "results");
    html.open("thead").open("tr");
    for (int i = 0; i < columns.size(); i++) {
      html.element("th", columns.get(i), "scope", "col", "class", i == 0 ? "" : "number");
    }
    html.close().close().open("tbody");
    for (List<String> row : rows) {
      html.open("tr").element("th", row.getFirst(), "scope", "row", "dir", "auto");
      row.stream().skip(1).forEach(cell -> html.element("td", cell, "class", "number"));
      html.close();
    }
    return html.close().close().close();
  }

  static Html notes(List<String> notes) {
    Html html = new Html();
    notes.forEach(note -> html.element("p", note, "dir", "auto"));
    return html;
  }
}
