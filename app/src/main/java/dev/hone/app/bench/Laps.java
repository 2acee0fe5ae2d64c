package dev.hone.app.bench;

import dev.hone.tensor.Profile;
import dev.hone.train.StepReport;
import dev.hone.train.TrainListener;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The steps as they went. */
final class Laps implements TrainListener {
  private final List<StepReport> steps = new ArrayList<>();
  private final @Nullable Profile profile;
  private double first;

  /**
   * @param profile where the time of the steps goes, or null
   */
  Laps(@Nullable Profile profile) {
    this.profile = profile;
  }

  @Override
  public void step(StepReport report) {
    if (steps.isEmpty()) {
      Instant begun = ProcessHandle.current().info().startInstant().orElseThrow();
      first = Duration.between(begun, Instant.now()).toMillis() / 1000.0;
      if (profile != null && report.totalSteps() > 1) {
        profile.reset();
      }
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
    if (profile != null) {
      line.put("profile", shares(profile, Arrays.stream(seconds).sum()));
    }
  }

  /** Shares of the steps' time, by what it went to. */
  private static Map<String, Double> shares(Profile profile, double seconds) {
    Map<String, Double> shares = new LinkedHashMap<>();
    double rest = 1;
    for (Profile.Phase phase : Profile.Phase.values()) {
      double share = profile.seconds(phase) / seconds;
      shares.put(phase.name().toLowerCase(Locale.ROOT), BenchCommand.rounded(share));
      rest -= share;
    }
    shares.put("rest", BenchCommand.rounded(rest));
    return shares;
  }
}
