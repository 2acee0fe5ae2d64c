package dev.hone.app.report;

import dev.hone.evaluate.Estimate;
import dev.hone.evaluate.McNemar;
import dev.hone.evaluate.ResultLine;
import java.util.Comparator;
import java.util.Optional;

/** The final table, and the figures at the top that are taken from it. */
final class ResultsSection {
  private ResultsSection() {}

  static Html tiles(RunReport run) {
    Html html = new Html().open("dl", "class", "tiles");
    tuned(run)
        .ifPresent(
            line -> {
              tile(html, line.accuracy(), "accuracy of the tuned model", "lead");
              tile(html, line.macroF1(), "macro-F1", "");
              best(run).ifPresent(best -> gain(html, line, best));
            });
    for (RunReport.Fact fact : run.highlights()) {
      tile(html, fact.value(), "", fact.meaning(), "");
    }
    tile(html, Numbers.duration(run.cost().training()), "", "of training", "");
    return html.close();
  }

  private static void gain(Html html, ResultLine tuned, ResultLine best) {
    double points = (tuned.accuracy().value() - best.accuracy().value()) * 100;
    String value = Numbers.format("%+.1f", points).replace('-', '\u2212');
    tile(html, value, "points", "of accuracy over the best baseline, " + best.name(), "");
  }

  private static void tile(Html html, Estimate share, String meaning, String style) {
    tile(html, Numbers.percent(share.value()), Numbers.error(share), meaning, style);
  }

  private static void tile(Html html, String value, String error, String meaning, String style) {
    html.open("div", "class", style).element("dt", meaning, "dir", "auto");
    html.open("dd", "dir", "auto").text(value);
    if (!error.isEmpty()) {
      html.text(" ").element("small", error);
    }
    html.close().close();
  }

  static Html of(RunReport run) {
    Html html = new Html().open("div", "class", "scroll").open("table", "class", "results");
    html.open("thead").open("tr").element("th", "Model", "scope", "col");
    for (String column : new String[] {"Rows", "Accuracy", "Macro-F1", "MCC"}) {
      html.element("th", column, "scope", "col", "class", "number");
    }
    html.close().close().open("tbody");
    for (ResultLine line : run.results()) {
      boolean tuned = line.name().equals(run.tuned());
      html.open("tr", "class", tuned ? "tuned" : "");
      html.element("th", line.name(), "scope", "row", "dir", "auto");
      html.element("td", Numbers.count(line.n()), "class", "number");
      share(html, line.accuracy());
      share(html, line.macroF1());
      correlation(html, line.mcc());
      html.close();
    }
    html.close().close().close();
    html.element("p", "Each number with its standard error.", "class", "note");
    html.add(
        new BarChart(
                "Accuracy",
                run.results().stream()
                    .map(
                        line ->
                            new BarChart.Bar(
                                line.name(), line.accuracy(), line.name().equals(run.tuned())))
                    .toList())
            .html());
    return html.add(comparisons(run));
  }

  /** The final table of a task with measures of its own. */
  static Html measured(RunReport run) {
    Html html = new Html().open("div", "class", "scroll").open("table", "class", "results");
    html.open("thead").open("tr").element("th", "Model", "scope", "col");
    html.element("th", "Rows", "scope", "col", "class", "number");
    for (RunReport.Fact column : run.measured().getFirst().measures()) {
      html.element("th", column.meaning(), "scope", "col", "class", "number");
    }
    html.close().close().open("tbody");
    for (RunReport.Measured line : run.measured()) {
      html.open("tr", "class", line.name().equals(run.tuned()) ? "tuned" : "");
      html.element("th", line.name(), "scope", "row", "dir", "auto");
      html.element("td", Numbers.count(line.rows()), "class", "number");
      for (RunReport.Fact cell : line.measures()) {
        html.element("td", cell.value(), "class", "number");
      }
      html.close();
    }
    return html.close()
        .close()
        .close()
        .element("p", "Each number with its standard error.", "class", "note");
  }

  private static Html comparisons(RunReport run) {
    Html html = new Html();
    for (RunReport.Comparison comparison : run.comparisons()) {
      McNemar test = comparison.test();
      html.open("p")
          .text("Against ")
          .element("bdi", comparison.baseline())
          .text(" on the same rows: ");
      html.text(Numbers.count(test.onlyFirst(), "row")).text(" only the tuned model got right, ");
      html.text(Numbers.count(test.onlySecond(), "row")).text(" only the other did ");
      html.text("(McNemar\u2019s exact test, ").element("b", Numbers.probability(test.pValue()));
      html.text(").").close();
    }
    return html;
  }

  private static void share(Html html, Estimate share) {
    html.open("td", "class", "number").text(Numbers.percent(share.value())).text(" ");
    html.element("small", Numbers.error(share)).close();
  }

  private static void correlation(Html html, Estimate mcc) {
    html.open("td", "class", "number")
        .text(Numbers.format("%.3f", mcc.value()).replace('-', '\u2212'));
    double error = mcc.standardError();
    html.text(" ")
        .element("small", Double.isFinite(error) ? Numbers.format("±\u00a0%.3f", error) : "");
    html.close();
  }

  static Optional<ResultLine> tuned(RunReport run) {
    return run.results().stream().filter(line -> line.name().equals(run.tuned())).findFirst();
  }

  private static Optional<ResultLine> best(RunReport run) {
    return run.results().stream()
        .filter(line -> !line.name().equals(run.tuned()))
        .max(Comparator.comparingDouble(line -> line.accuracy().value()));
  }
}
