package dev.hone.app;

import dev.hone.app.report.ComparisonReport;
import dev.hone.app.report.Report;
import dev.hone.evaluate.Estimate;
import dev.hone.run.Trial;
import dev.hone.run.Trial.Scores;
import dev.hone.run.Trials;
import dev.hone.store.AtomicFiles;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** What trials gave: each arm's mean over the seeds, then each against the first. */
record TrialsReport(List<Trial> trials) {
  static final String PAGE = "comparison.html";
  private static final String MARKDOWN = "comparison.md";
  private static final String JSON = "comparison.json";
  private static final String NONE = "–";

  /** Writes table and trials into the folder. */
  void write(Path folder) {
    AtomicFiles.write(
        folder.resolve(MARKDOWN), table().markdown() + "\n" + String.join("\n\n", lines()) + "\n");
    AtomicFiles.write(
        folder.resolve(JSON),
        JsonMapper.builder()
                .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
                .enable(SerializationFeature.INDENT_OUTPUT)
                .build()
                .writeValueAsString(trials)
            + "\n");
    Report.write(page(folder.getFileName().toString()), folder.resolve(PAGE));
  }

  private ComparisonReport page(String name) {
    long done = trials.stream().filter(trial -> trial.scores() != null).count();
    Table table = table();
    return new ComparisonReport(
        name,
        arms().size() + " arms, " + done + " trials done; means over the seeds",
        labels().stream().map(this::group).filter(group -> !group.arms().isEmpty()).toList(),
        table.heading().subList(1, table.heading().size()),
        table.rows().stream().map(this::named).toList(),
        lines());
  }

  /** Named after the arm, with the number of its labels where there are several. */
  private List<String> named(List<String> row) {
    List<String> cells = new ArrayList<>(row.subList(1, row.size()));
    if (labels().size() > 1) {
      cells.set(0, cells.getFirst() + ", " + row.getFirst() + " labels");
    }
    return cells;
  }

  private ComparisonReport.Group group(int labels) {
    List<ComparisonReport.Arm> shown = new ArrayList<>();
    for (String arm : arms()) {
      List<Scores> own = scores(labels, arm);
      if (!own.isEmpty()) {
        List<Double> rises = forgetting(own);
        shown.add(
            new ComparisonReport.Arm(
                arm,
                Trials.mean(values(own, Scores::accuracy)),
                rises.isEmpty() ? null : Trials.mean(rises).value()));
      }
    }
    return new ComparisonReport.Group(labels == 0 ? "All labels" : labels + " labels", shown);
  }

  Table table() {
    Table table =
        new Table(
            "labels",
            "arm",
            "seeds",
            "accuracy",
            "macro-F1",
            "forgetting",
            "trainable",
            "time",
            "memory",
            "file");
    for (int labels : labels()) {
      for (String arm : arms()) {
        List<Scores> own = scores(labels, arm);
        table.row(
            labels == 0 ? "all" : labels,
            arm,
            own.size(),
            shown(values(own, Scores::accuracy), 100, "%.1f", " %"),
            shown(values(own, Scores::macroF1), 100, "%.1f", " %"),
            shown(forgetting(own), 1, "%+.3f", ""),
            own.isEmpty() ? NONE : Human.count(own.getFirst().trainable()),
            own.isEmpty()
                ? NONE
                : Human.duration(Duration.ofMillis((long) (1000 * mean(own, Scores::seconds)))),
            own.isEmpty() ? NONE : Human.bytes((long) mean(own, s -> (double) s.memory())),
            own.isEmpty() ? NONE : Human.bytes((long) mean(own, s -> (double) s.file())));
      }
    }
    return table;
  }

  /** What the table leaves open: the differences, what failed, what the columns mean. */
  List<String> lines() {
    List<String> lines = new ArrayList<>();
    for (int labels : labels()) {
      for (String arm : arms().subList(1, arms().size())) {
        difference(labels, arms().getFirst(), arm, lines);
      }
    }
    for (Trial trial : trials) {
      if (trial.error() != null) {
        lines.add("failed: " + trial.arm() + ", seed " + trial.seed() + ": " + trial.error());
      }
    }
    lines.add(
        "± is one standard error over the seeds. forgetting: how much the loss on general text has"
            + " risen, in nats a token; time: of the training alone; memory: the most that the"
            + " process occupied; file: the weights that were written.");
    return lines;
  }

  /** Seed by seed, so that what the choice of rows brings falls out. */
  private void difference(int labels, String first, String arm, List<String> lines) {
    List<Double> gains = new ArrayList<>();
    for (Trial before : of(labels, first)) {
      for (Trial after : of(labels, arm)) {
        if (before.seed() == after.seed() && before.scores() != null && after.scores() != null) {
          gains.add(after.scores().accuracy() - before.scores().accuracy());
        }
      }
    }
    if (!gains.isEmpty()) {
      lines.add(
          String.format(
              Locale.ROOT,
              "%s%s against %s: %s points; better with %d of %d seeds, worse with %d",
              labels == 0 ? "" : labels + " labels, ",
              arm,
              first,
              shown(gains, 100, "%+.1f", ""),
              gains.stream().filter(g -> g > 0).count(),
              gains.size(),
              gains.stream().filter(g -> g < 0).count()));
    }
  }

  private List<Integer> labels() {
    return trials.stream().map(Trial::labels).distinct().toList();
  }

  private List<String> arms() {
    return trials.stream().map(Trial::arm).distinct().toList();
  }

  private List<Trial> of(int labels, String arm) {
    return trials.stream().filter(t -> t.labels() == labels && t.arm().equals(arm)).toList();
  }

  private List<Scores> scores(int labels, String arm) {
    List<Scores> scores = new ArrayList<>();
    for (Trial trial : of(labels, arm)) {
      Scores own = trial.scores();
      if (own != null) {
        scores.add(own);
      }
    }
    return scores;
  }

  private static double mean(List<Scores> scores, Function<Scores, Double> part) {
    return Trials.mean(values(scores, part)).value();
  }

  private static List<Double> values(List<Scores> scores, Function<Scores, Double> part) {
    return scores.stream().map(part).toList();
  }

  /** Of those that have measured it. */
  private static List<Double> forgetting(List<Scores> scores) {
    List<Double> rises = new ArrayList<>();
    for (Scores each : scores) {
      Double rise = each.forgetting();
      if (rise != null) {
        rises.add(rise);
      }
    }
    return rises;
  }

  /** No error for a single seed, which says nothing of others. */
  private static String shown(List<Double> values, int unit, String format, String sign) {
    if (values.isEmpty()) {
      return NONE;
    }
    Estimate mean = Trials.mean(values);
    String text = String.format(Locale.ROOT, format, unit * mean.value());
    if (!Double.isNaN(mean.standardError())) {
      text +=
          " ± " + String.format(Locale.ROOT, format.replace("+", ""), unit * mean.standardError());
    }
    return text + sign;
  }
}
