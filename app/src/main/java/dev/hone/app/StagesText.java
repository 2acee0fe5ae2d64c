package dev.hone.app;

import dev.hone.app.report.RunReport;
import dev.hone.run.StagedRun;
import java.nio.file.Path;

/** The end of a run in stages as text. */
final class StagesText {
  private StagesText() {}

  static void print(Console console, StagedRun.Result run, Path report) {
    Table table = new Table("stage", "measured", "");
    for (Path stage : run.stages()) {
      String name = stage.getFileName().toString();
      for (RunReport.Fact fact : StageReports.results(run.of(stage))) {
        table.row(name, fact.meaning(), fact.value());
        name = "";
      }
    }
    console.out().println();
    console.out().print(table.text(console));
    console.out().println();
    for (Path stage : run.stages()) {
      console.out().println(stage.getFileName() + ": " + StageReports.cost(run.of(stage)));
    }
    console.out().println();
    console.out().println("report   " + report);
    console.out().println("next     hone generate " + run.folder() + " \"your text\"");
    console.out().println("         hone eval " + run.folder());
    console.out().flush();
  }
}
