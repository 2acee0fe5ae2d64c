package dev.hone.app;

import dev.hone.evaluate.Classification;
import dev.hone.evaluate.Estimate;
import dev.hone.evaluate.Forgetting;
import dev.hone.evaluate.Measures;
import dev.hone.evaluate.Measures.Measure;
import dev.hone.evaluate.Preference;
import dev.hone.evaluate.ResultLine;
import dev.hone.run.RunResult;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The end of a run as text: the table, where everything is, what to type next. */
final class ResultText {
  private static final int MOST_COLUMNS = 10;

  private ResultText() {}

  static void print(Console console, RunResult result, Path report) {
    console.out().println();
    console.out().print(table(console, result));
    console.out().println();
    result
        .comparisons()
        .forEach(
            (name, test) ->
                console
                    .out()
                    .printf(
                        Locale.ROOT,
                        "against %s: %d rows better, %d worse (p = %.2g)%n",
                        name,
                        test.onlyFirst(),
                        test.onlySecond(),
                        test.pValue()));
    Forgetting forgetting = result.forgetting();
    if (forgetting != null) {
      console
          .out()
          .printf(
              Locale.ROOT,
              "general text: loss %.3f before, %.3f after, %+.3f nats a token%n",
              forgetting.before().loss().value(),
              forgetting.after().loss().value(),
              forgetting.rise());
    }
    console
        .out()
        .printf(
            Locale.ROOT,
            "%d steps, %s tokens, %s; %s in all; peak memory %s%n%n",
            result.steps(),
            Human.count(result.tokens()),
            Human.perSecond(result.tokensPerSecond(), "tokens"),
            Human.duration(Duration.ofMillis((long) (1000 * result.totalSeconds()))),
            Human.bytes(result.peakMemoryBytes()));
    console.out().println("weights  " + result.weights());
    console.out().println("report   " + report);
    console.out().println("next     hone generate " + result.folder() + " \"your text\"");
    console.out().println("         hone eval " + result.folder());
    console.out().flush();
  }

  private static String table(Console console, RunResult result) {
    if (!result.preferences().isEmpty()) {
      return preferences(console, result.preferences());
    }
    if (!result.measures().isEmpty()) {
      return measures(console, result.measures());
    }
    if (result.lines().isEmpty()) {
      Table table = new Table("", "rows", "tokens", "loss", "perplexity");
      result
          .perplexities()
          .forEach(
              (name, p) ->
                  table.row(
                      name,
                      p.rows(),
                      p.tokens(),
                      String.format(Locale.ROOT, "%.4f", p.loss().value()),
                      String.format(
                          Locale.ROOT,
                          "%.2f ± %.2f",
                          p.perplexity().value(),
                          p.perplexity().standardError())));
      return table.text(console);
    }
    return table(console, result.lines());
  }

  static String preferences(Console console, Map<String, Preference> preferences) {
    Table table = new Table("", "rows", "reward accuracy", "likelier", "reward margin");
    preferences.forEach(
        (name, p) ->
            table.row(
                name,
                p.rows(),
                percent(p.accuracy()),
                percent(p.likelier()),
                String.format(
                    Locale.ROOT, "%.3f ± %.3f", p.margin().value(), p.margin().standardError())));
    return table.text(console);
  }

  /** Lines of one task, which have the same measures. */
  static String measures(Console console, List<Measures> lines) {
    List<String> heading = new ArrayList<>(List.of("", "rows"));
    lines.getFirst().values().forEach(measure -> heading.add(measure.name()));
    Table table = new Table(heading.toArray(String[]::new));
    for (Measures line : lines) {
      List<Object> cells = new ArrayList<>(List.of(line.name(), line.n()));
      line.values().forEach(measure -> cells.add(text(measure)));
      table.row(cells.toArray());
    }
    return table.text(console);
  }

  /** For example {@code 71.2 ± 2.9 %} or {@code 0.712 ± 0.029}; a dash where there is no number. */
  static String text(Measure measure) {
    Estimate value = measure.value();
    if (!Double.isFinite(value.value())) {
      return "–";
    }
    int unit = measure.share() ? 100 : 1;
    int digits = measure.share() ? 1 : 3;
    String number = String.format(Locale.ROOT, "%." + digits + "f", unit * value.value());
    String error =
        Double.isFinite(value.standardError())
            ? String.format(Locale.ROOT, " ± %." + digits + "f", unit * value.standardError())
            : "";
    return number + error + (measure.share() ? " %" : "");
  }

  static String table(Console console, List<ResultLine> lines) {
    Table table = new Table("", "rows", "accuracy", "macro-F1", "MCC");
    for (ResultLine line : lines) {
      table.row(
          line.name(),
          line.n(),
          percent(line.accuracy()),
          percent(line.macroF1()),
          String.format(Locale.ROOT, "%.2f", line.mcc().value()));
    }
    return table.text(console);
  }

  /** Rows are right labels, columns are answers; only for a few labels. */
  static String confusion(Console console, Classification scores) {
    if (scores.labels().size() > MOST_COLUMNS) {
      return "";
    }
    String[] heading = new String[scores.labels().size() + 1];
    heading[0] = "is, taken for";
    for (int i = 0; i < scores.labels().size(); i++) {
      heading[i + 1] = scores.labels().get(i);
    }
    Table table = new Table(heading);
    for (int i = 0; i < scores.labels().size(); i++) {
      Object[] cells = new Object[heading.length];
      cells[0] = scores.labels().get(i);
      for (int j = 0; j + 1 < heading.length; j++) {
        cells[j + 1] = scores.confusion()[i][j];
      }
      table.row(cells);
    }
    return table.text(console);
  }

  private static String percent(Estimate estimate) {
    return String.format(
        Locale.ROOT, "%.1f ± %.1f %%", 100 * estimate.value(), 100 * estimate.standardError());
  }
}
