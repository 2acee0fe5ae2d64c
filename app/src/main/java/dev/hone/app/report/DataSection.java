package dev.hone.app.report;

import dev.hone.app.report.RunReport.Count;
import dev.hone.app.report.RunReport.DataSummary;
import java.util.List;

/** What was read, how it was split, and what was left out. */
final class DataSection {
  private DataSection() {}

  static Html of(DataSummary data) {
    Html html = new Html().open("dl", "class", "facts");
    fact(html, "rows read", Numbers.count(data.rowsRead()));
    for (Count split : data.splits()) {
      fact(html, split.name(), Numbers.count(split.count()));
    }
    long dropped = data.dropped().stream().mapToLong(Count::count).sum();
    fact(html, "dropped", Numbers.count(dropped));
    fact(html, "groups of equal or nearly equal rows", Numbers.count(data.duplicateGroups()));
    html.close().add(leak(data.sharedGroups()));
    if (!data.dropped().isEmpty()) {
      html.element("h3", "Dropped rows").add(bars(data.dropped(), "bars reasons"));
    }
    if (!data.labels().isEmpty()) {
      html.open("h3").text("Labels ").element("small", Numbers.count(data.labels().size()));
      html.close().add(bars(data.labels(), "bars"));
    }
    if (!data.lengths().isEmpty()) {
      html.add(
          new ColumnChart("Length of rows", "tokens", "rows", data.lengths(), data.maxTokens())
              .html());
    }
    return html;
  }

  static void fact(Html html, String meaning, String value) {
    html.open("div").element("dt", meaning, "dir", "auto").element("dd", value, "dir", "auto");
    html.close();
  }

  private static Html leak(long shared) {
    return shared == 0
        ? new Html()
            .element(
                "p", "No group of duplicates has rows in more than one split.", "class", "good")
        : new Html()
            .element(
                "p",
                Numbers.count(shared, "group")
                    + " of duplicates with rows in more than one split: the scores above are too"
                    + " good to be true.",
                "class",
                "bad");
  }

  private static Html bars(List<Count> counts, String style) {
    long most = Math.max(1, counts.stream().mapToLong(Count::count).max().orElse(1));
    Html html = new Html().open("ul", "class", style);
    for (Count count : counts) {
      html.open("li").name("span", count.name(), "class", "label", "dir", "auto");
      html.element("span", Numbers.count(count.count()), "class", "number");
      html.add(LabelsSection.meter((double) count.count() / most)).close();
    }
    return html.close();
  }
}
