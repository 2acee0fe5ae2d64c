package dev.hone.app.report;

import dev.hone.evaluate.Estimate;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is told about trials of several arms, on one page.
 *
 * @param groups by how many labels were learned from
 * @param columns heading of the table
 * @param rows cells as they are shown, the first as the heading of its row
 * @param notes differences, failures, what the columns mean
 */
public record ComparisonReport(
    String name,
    String summary,
    List<Group> groups,
    List<String> columns,
    List<List<String>> rows,
    List<String> notes) {

  /** The arms that learned from so many labels. */
  public record Group(String title, List<Arm> arms) {}

  /**
   * One arm's mean over its seeds.
   *
   * @param forgetting nats a token, or null where it was not measured
   */
  public record Arm(String name, Estimate accuracy, @Nullable Double forgetting) {}
}
