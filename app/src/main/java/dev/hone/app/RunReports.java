package dev.hone.app;

import dev.hone.app.report.Report;
import dev.hone.app.report.RunReport;
import dev.hone.config.Yaml;
import dev.hone.data.Dropped;
import dev.hone.evaluate.Estimate;
import dev.hone.evaluate.Forgetting;
import dev.hone.evaluate.ResultLine;
import dev.hone.run.MetricsLog;
import dev.hone.run.RunResult;
import dev.hone.tensor.Cpu;
import dev.hone.tensor.Engine;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/** Puts a run's result into its {@code report.html}. */
final class RunReports {
  private static final int SHOWN = 12;

  private RunReports() {}

  static Path write(RunResult result) {
    Path file = result.folder().resolve("report.html");
    Report.write(report(result), file);
    return file;
  }

  private static RunReport report(RunResult r) {
    List<RunReport.Comparison> comparisons = new ArrayList<>();
    r.comparisons().forEach((name, test) -> comparisons.add(new RunReport.Comparison(name, test)));
    return new RunReport(
        r.recipe().name(),
        summary(r),
        highlights(r),
        r.lines(),
        measures(r),
        RunResult.TUNED,
        comparisons,
        r.changes() == null ? null : changes(r.changes()),
        training(r),
        data(r),
        Yaml.write(r.recipe()),
        machine(r),
        new RunReport.Cost(
            seconds(r.totalSeconds()),
            seconds(r.trainSeconds()),
            r.tokens(),
            r.tokensPerSecond(),
            r.peakMemoryBytes(),
            r.trainableParameters(),
            r.parameters()),
        List.of(
            new RunReport.Command(
                "Ask the tuned model", "hone generate " + r.folder() + " \"your text\""),
            new RunReport.Command("Measure it again", "hone eval " + r.folder())));
  }

  private static String summary(RunResult r) {
    String model = r.recipe().model() == null ? "a new model" : r.recipe().model().shortName();
    String learned =
        String.format(Locale.ROOT, "%,d of %,d", r.trainableParameters(), r.parameters());
    String what = model + ", " + learned + " parameters trained for " + r.steps() + " steps";
    if (r.lines().isEmpty()) {
      return what;
    }
    ResultLine tuned = r.line(RunResult.TUNED);
    return String.format(
        Locale.ROOT,
        "%s: %.1f %% of %d test rows right",
        what,
        100 * tuned.accuracy().value(),
        tuned.n());
  }

  private static List<RunReport.Fact> highlights(RunResult result) {
    List<RunReport.Fact> facts = new ArrayList<>();
    result
        .preferences()
        .forEach(
            (name, p) -> {
              facts.add(
                  fact("%.1f ± %.1f %%", 100, p.accuracy(), "of rewards in right order, " + name));
              facts.add(fact("%.1f ± %.1f %%", 100, p.likelier(), "of answers likelier, " + name));
              facts.add(fact("%.3f ± %.3f", 1, p.margin(), "reward margin, " + name));
            });
    result
        .perplexities()
        .forEach(
            (name, p) ->
                facts.add(
                    new RunReport.Fact(
                        String.format(Locale.ROOT, "%.2f", p.perplexity().value()),
                        "perplexity, " + name)));
    result.measures().stream()
        .filter(line -> line.name().equals(RunResult.TUNED))
        .flatMap(line -> line.values().stream())
        .forEach(m -> facts.add(new RunReport.Fact(ResultText.text(m), m.name())));
    Forgetting forgetting = result.forgetting();
    if (forgetting != null) {
      facts.add(
          new RunReport.Fact(
              String.format(Locale.ROOT, "%+.3f", forgetting.rise()),
              "nats a token of general text: what was forgotten"));
    }
    return facts;
  }

  private static List<RunReport.Measured> measures(RunResult result) {
    return result.measures().stream()
        .map(
            line ->
                new RunReport.Measured(
                    line.name(),
                    line.n(),
                    line.values().stream()
                        .map(m -> new RunReport.Fact(ResultText.text(m), m.name()))
                        .toList()))
        .toList();
  }

  private static RunReport.Fact fact(String format, int unit, Estimate estimate, String meaning) {
    return new RunReport.Fact(
        String.format(
            Locale.ROOT, format, unit * estimate.value(), unit * estimate.standardError()),
        meaning);
  }

  private static RunReport.Changes changes(RunResult.Changes c) {
    return new RunReport.Changes(
        c.baseline(),
        c.toRight().size(),
        c.toWrong().size(),
        examples(c.toRight()),
        examples(c.toWrong()));
  }

  private static List<RunReport.Example> examples(List<RunResult.Change> changes) {
    return changes.stream()
        .limit(SHOWN)
        .map(c -> new RunReport.Example(c.text(), c.gold(), c.before(), c.after()))
        .toList();
  }

  private static RunReport.Training training(RunResult r) {
    List<RunReport.Step> steps = new ArrayList<>();
    List<RunReport.Validation> validation = new ArrayList<>();
    for (JsonNode line : new MetricsLog(r.folder().resolve("metrics.jsonl")).lines()) {
      int step = line.path("step").asInt();
      if (line.has("validation_loss")) {
        validation.add(new RunReport.Validation(step, line.path("validation_loss").asDouble()));
      } else {
        steps.add(
            new RunReport.Step(
                step,
                line.path("loss").asDouble(),
                line.path("rate").asDouble(),
                line.path("grad_norm").asDouble()));
      }
    }
    int kept = r.recipe().train().keepBest() ? r.bestStep() : 0;
    return new RunReport.Training(steps, validation, kept);
  }

  private static RunReport.DataSummary data(RunResult r) {
    Map<String, Long> labels = new LinkedHashMap<>();
    r.split()
        .labels()
        .values()
        .forEach(counts -> counts.forEach((label, n) -> labels.merge(label, (long) n, Long::sum)));
    Map<String, Long> dropped = new LinkedHashMap<>();
    for (List<Dropped> list : List.of(r.split().dropped(), r.dropped())) {
      list.forEach(d -> dropped.merge(d.reason(), 1L, Long::sum));
    }
    List<RunReport.Count> splits = new ArrayList<>();
    r.split().sizes().forEach((name, n) -> splits.add(new RunReport.Count(name, n)));
    return new RunReport.DataSummary(
        r.split().rowsRead(),
        splits,
        counts(labels),
        RunReport.Bin.of(r.lengths()),
        r.recipe().data().maxTokens(),
        counts(dropped),
        r.split().duplicateGroups(),
        r.split().sharedGroups());
  }

  private static List<RunReport.Count> counts(Map<String, Long> counts) {
    return counts.entrySet().stream()
        .map(e -> new RunReport.Count(e.getKey(), e.getValue()))
        .toList();
  }

  private static RunReport.Machine machine(RunResult r) {
    return new RunReport.Machine(
        Cpu.model(),
        Cpu.physicalCores(),
        Cpu.memoryBytes()[0],
        System.getProperty("os.name") + " " + System.getProperty("os.arch"),
        r.recipe().device().name().toLowerCase(Locale.ROOT),
        System.getProperty("java.version"),
        Engine.version(),
        Engine.blas(),
        Engine.threads());
  }

  private static Duration seconds(double seconds) {
    return Duration.ofMillis((long) (1000 * seconds));
  }
}
