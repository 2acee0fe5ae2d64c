package dev.hone.app.report;

import dev.hone.evaluate.McNemar;
import dev.hone.evaluate.ResultLine;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * All that a report tells about one run. A part whose list is empty, or that is null, is left out.
 *
 * @param name the run's name
 * @param summary what was done and what came out, in one line
 * @param highlights large figures at the top beside those taken from {@code results}
 * @param results the lines of the final table, in the order to show
 * @param measured the same for a task with other measures
 * @param tuned the name of the line of the tuned model
 * @param comparisons the tuned model against others, on the same rows
 * @param changes rows on which the tuned model and a baseline disagree
 * @param training the course of the training
 * @param data what was read, and how it was split
 * @param recipe the resolved recipe, as text that can be run again
 * @param machine where it ran
 * @param cost what it took
 * @param next commands to type next
 */
public record RunReport(
    String name,
    String summary,
    List<Fact> highlights,
    List<ResultLine> results,
    List<Measured> measured,
    String tuned,
    List<Comparison> comparisons,
    @Nullable Changes changes,
    Training training,
    DataSummary data,
    String recipe,
    Machine machine,
    Cost cost,
    List<Command> next) {

  /** A figure and what it is, for example {@code 12.31} and {@code perplexity}. */
  public record Fact(String value, String meaning) {}

  /** One line of a table; all lines have the same measures. */
  public record Measured(String name, long rows, List<Fact> measures) {}

  /** McNemar's test with the tuned model as the first of the two. */
  public record Comparison(String baseline, McNemar test) {}

  /**
   * Rows on which exactly one of the two models is right. The examples are shown as given, at most
   * twelve of each kind.
   *
   * @param baseline who answered before
   * @param toRight rows that went from wrong to right, all of them counted
   * @param toWrong rows that went from right to wrong, all of them counted
   */
  public record Changes(
      String baseline, long toRight, long toWrong, List<Example> gained, List<Example> lost) {}

  /** One row: the expected answer, the baseline's and the tuned model's. */
  public record Example(String text, String gold, String before, String after) {}

  /**
   * The course of the training.
   *
   * @param steps one point for each logged optimiser step
   * @param validation one point for each validation; may be empty
   * @param keptStep the step whose weights were kept; 0 when none was chosen
   */
  public record Training(List<Step> steps, List<Validation> validation, int keptStep) {}

  /** Loss in nats a label token, learning rate, and global gradient norm before clipping. */
  public record Step(int step, double loss, double rate, double gradientNorm) {}

  /** Validation loss in nats a label token after a step. */
  public record Validation(int step, double loss) {}

  /**
   * What was read.
   *
   * @param splits rows of each split
   * @param labels rows of each label; empty for rows without labels
   * @param lengths histogram of row lengths in tokens
   * @param maxTokens longest row allowed; 0 when there is no limit
   * @param dropped rows left out, by reason
   * @param duplicateGroups groups of rows that say the same, or nearly
   * @param sharedGroups groups with rows in more than one split; anything but 0 is a leak
   */
  public record DataSummary(
      long rowsRead,
      List<Count> splits,
      List<Count> labels,
      List<Bin> lengths,
      int maxTokens,
      List<Count> dropped,
      long duplicateGroups,
      long sharedGroups) {}

  /** How many there are of something. */
  public record Count(String name, long count) {}

  /** One column of a histogram: values in [from, to). */
  public record Bin(int from, int to, long count) {

    /** Counts values of 0 and more in columns of one round width, about two dozen of them. */
    public static List<Bin> of(int[] values) {
      if (values.length == 0) {
        return List.of();
      }
      int lowest = Integer.MAX_VALUE;
      int highest = 0;
      for (int value : values) {
        lowest = Math.min(lowest, value);
        highest = Math.max(highest, value);
      }
      int width = (int) Math.max(1, Axis.niceStep(highest - lowest + 1.0, 24));
      int first = lowest / width;
      long[] counts = new long[highest / width - first + 1];
      for (int value : values) {
        counts[value / width - first]++;
      }
      List<Bin> bins = new ArrayList<>();
      for (int i = 0; i < counts.length; i++) {
        bins.add(new Bin((first + i) * width, (first + i + 1) * width, counts[i]));
      }
      return List.copyOf(bins);
    }
  }

  /** Where the run was made; versions as text, empty when unknown. */
  public record Machine(
      String cpu,
      int cores,
      long memoryBytes,
      String os,
      String device,
      String jdk,
      String libtorch,
      String blas,
      int threads) {}

  /**
   * What the run took.
   *
   * @param total wall time of everything, evaluation included
   * @param training wall time of the training alone
   * @param trainableParameters parameters that learned, of {@code allParameters}
   */
  public record Cost(
      Duration total,
      Duration training,
      long tokens,
      double tokensPerSecond,
      long peakMemoryBytes,
      long trainableParameters,
      long allParameters) {}

  /** A command and what it is good for. */
  public record Command(String purpose, String line) {}
}
