package dev.hone.app.report;

import dev.hone.evaluate.Classification;
import dev.hone.evaluate.Classification.Label;
import java.util.Comparator;
import java.util.List;

/** Precision, recall and F1 of each label, the weakest first. */
final class LabelsSection {
  /** From this many labels on, the long end of the table is folded away. */
  private static final int SHOWN = 20;

  private LabelsSection() {}

  static Html of(Classification scores) {
    List<Label> labels =
        scores.perLabel().stream()
            .filter(label -> label.support() > 0 || label.predicted() > 0)
            .sorted(Comparator.comparingDouble(Label::f1))
            .toList();
    Html html = new Html();
    int absent = scores.perLabel().size() - labels.size();
    if (absent > 0) {
      html.element(
          "p",
          Numbers.count(absent, "label") + " without a test row or a prediction left out.",
          "class",
          "note");
    }
    int shown = labels.size() <= SHOWN + 5 ? labels.size() : SHOWN;
    html.add(table(labels.subList(0, shown)));
    if (shown < labels.size()) {
      html.open("details");
      html.element("summary", "The other " + Numbers.count(labels.size() - shown, "label"));
      html.add(table(labels.subList(shown, labels.size()))).close();
    }
    return html;
  }

  private static Html table(List<Label> labels) {
    Html html = new Html().open("div", "class", "scroll").open("table", "class", "labels");
    html.open("thead").open("tr").element("th", "Label", "scope", "col");
    for (String column : new String[] {"Rows", "Precision", "Recall", "F1"}) {
      html.element("th", column, "scope", "col", "class", "number");
    }
    html.element("td", "").close().close().open("tbody");
    for (Label label : labels) {
      html.open("tr").name("th", label.name(), "scope", "row", "dir", "auto");
      html.element("td", Numbers.count(label.support()), "class", "number");
      html.element(
          "td",
          label.predicted() > 0 ? Numbers.percent(label.precision()) : "\u2013",
          "class",
          "number");
      html.element(
          "td",
          label.support() > 0 ? Numbers.percent(label.recall()) : "\u2013",
          "class",
          "number");
      html.element("td", Numbers.percent(label.f1()), "class", "number");
      html.open("td", "class", "meter").add(meter(label.f1())).close().close();
    }
    return html.close().close().close();
  }

  /** A thin bar as long as the share. */
  static Html meter(double share) {
    return new Html()
        .open("span", "class", "track")
        .element("i", "", "style", Numbers.format("width:%.1f%%", share * 100))
        .close();
  }
}
