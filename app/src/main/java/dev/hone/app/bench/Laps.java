package dev.hone.app.bench;

import dev.hone.train.StepReport;
import dev.hone.train.TrainListener;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** The steps as they went. */
final class Laps implements TrainListener {
  private final List<StepReport> steps = new ArrayList<>();
  private double first;

  @Override
  public void step(StepReport report) {
    if (steps.isEmpty()) {
      Instant begun = ProcessHandle.current().info().startInstant().orElseThrow();
      first = Duration.between(begun, Instant.now()).toMillis() / 1000.0;
    }
    steps.add(report);
  }

  /** Those after the first, which warms up. */
  private List<StepReport> warm() {
    return steps.size() > 1 ? steps.subList(1, steps.size()) : steps;
  }

  private double[] seconds() {
    double[] seconds = warm().stream().mapToDouble(StepReport::seconds).toArray();
    Arrays.sort(seconds);
    return seconds;
  }

  double median() {
    double[] seconds = seconds();
    return seconds[seconds.length / 2];
  }

  List<Double> losses() {
    return steps.stream().map(StepReport::loss).toList();
  }

  double tokensPerSecond() {
    double tokens = warm().stream().mapToLong(StepReport::tokens).sum();
    return tokens / Arrays.stream(seconds()).sum();
  }

  void write(Map<String, Object> line) {
    double[] seconds = seconds();
    line.put("tokens_per_s", BenchCommand.rounded(tokensPerSecond()));
    line.put("step_ms_median", BenchCommand.rounded(1000 * median()));
    line.put("step_ms_min", BenchCommand.rounded(1000 * seconds[0]));
    line.put("step_ms_max", BenchCommand.rounded(1000 * seconds[seconds.length - 1]));
    line.put("seconds_to_first_step", BenchCommand.rounded(first));
    line.put("loss_first", steps.getFirst().loss());
    line.put("loss_last", steps.getLast().loss());
  }
}
