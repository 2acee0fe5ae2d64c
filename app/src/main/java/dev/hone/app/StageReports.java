package dev.hone.app;

import dev.hone.app.report.Report;
import dev.hone.app.report.RunReport;
import dev.hone.app.report.StagesReport;
import dev.hone.config.Yaml;
import dev.hone.run.RunResult;
import dev.hone.run.StagedRun;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import tools.jackson.databind.JsonNode;

/** Puts what the stages of a run gave into one {@code report.html}. */
final class StageReports {
  private StageReports() {}

  static Path write(StagedRun.Result run) {
    Path file = run.folder().resolve("report.html");
    List<StagesReport.Stage> stages =
        run.stages().stream().map(s -> stage(s.getFileName().toString(), run.of(s))).toList();
    StagesReport.Stage last = stages.getLast();
    RunReport.Fact tuned = last.results().getLast();
    Report.write(
        new StagesReport(
            run.recipe().name(),
            stages.size() + " stages; " + tuned.meaning() + " after the last: " + tuned.value(),
            stages,
            Yaml.write(run.recipe()),
            List.of(
                new RunReport.Command(
                    "Ask the last stage's model",
                    "hone generate " + run.folder() + " \"your text\""),
                new RunReport.Command("Measure it again", "hone eval " + run.folder()))),
        file);
    return file;
  }

  private static StagesReport.Stage stage(String name, JsonNode result) {
    return new StagesReport.Stage(name, name + "/report.html", cost(result), results(result));
  }

  static String cost(JsonNode result) {
    return String.format(
        Locale.ROOT,
        "%,d of %,d parameters trained for %,d steps in %s",
        result.path("trainable_parameters").asLong(),
        result.path("parameters").asLong(),
        result.path("steps").asInt(),
        Human.duration(Duration.ofMillis((long) (1000 * result.path("train_seconds").asDouble()))));
  }

  /** Each model that was measured, the tuned one last. */
  static List<RunReport.Fact> results(JsonNode result) {
    List<RunReport.Fact> facts = new ArrayList<>();
    for (JsonNode line : result.path("lines")) {
      facts.add(fact(line, "accuracy", "%.1f ± %.1f %%", 100));
    }
    for (JsonNode line : result.path("perplexities")) {
      facts.add(fact(line, "perplexity", "%.2f ± %.2f", 1));
    }
    for (JsonNode line : result.path("preferences")) {
      facts.add(fact(line, "reward_accuracy", "%.1f ± %.1f %%", 100));
    }
    List<RunReport.Fact> tuned =
        facts.stream().filter(f -> f.meaning().startsWith(RunResult.TUNED)).toList();
    facts.removeAll(tuned);
    facts.addAll(tuned);
    return facts;
  }

  private static RunReport.Fact fact(JsonNode line, String key, String format, int unit) {
    return new RunReport.Fact(
        String.format(
            Locale.ROOT,
            format,
            unit * line.path(key).asDouble(),
            unit * line.path(key + "_se").asDouble()),
        line.path("name").asString() + ", " + key.replace('_', ' '));
  }
}
