package dev.hone.app.report;

import java.util.List;

/**
 * What is told about a run in stages, on one page with a link to each stage's own.
 *
 * @param recipe the resolved recipe, as text that can be run again
 */
public record StagesReport(
    String name, String summary, List<Stage> stages, String recipe, List<RunReport.Command> next) {

  /**
   * One stage.
   *
   * @param page its own report, relative to this page
   * @param cost what was trained and how long it took, in one line
   * @param results each model that was measured, with its figures
   */
  public record Stage(String name, String page, String cost, List<RunReport.Fact> results) {}
}
