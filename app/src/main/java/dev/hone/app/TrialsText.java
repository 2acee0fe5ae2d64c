package dev.hone.app;

import dev.hone.evaluate.Estimate;
import dev.hone.run.Trials;
import dev.hone.run.Trials.Trial;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/** What trials gave as text: each recipe's mean over the seeds, then each against the first. */
final class TrialsText {
  private TrialsText() {}

  static String table(Console console, List<Trial> trials) {
    Table table =
        new Table("labels", "recipe", "seeds", "accuracy", "lowest", "highest", "macro-F1", "time");
    for (int labels : labels(trials)) {
      for (String arm : arms(trials)) {
        List<Trial> own = of(trials, labels, arm);
        table.row(
            labels,
            arm,
            own.size(),
            percent(mean(own, Trial::accuracy)),
            percent(own.stream().mapToDouble(Trial::accuracy).min().orElse(0)),
            percent(own.stream().mapToDouble(Trial::accuracy).max().orElse(0)),
            percent(mean(own, Trial::macroF1)),
            String.format(Locale.ROOT, "%.1fs", mean(own, Trial::seconds).value()));
      }
    }
    return table.text(console);
  }

  /** Seed by seed, so that what the choice of rows brings falls out. */
  static List<String> differences(List<Trial> trials) {
    List<String> lines = new ArrayList<>();
    String first = arms(trials).getFirst();
    for (int labels : labels(trials)) {
      for (String arm : arms(trials).subList(1, arms(trials).size())) {
        List<Trial> before = of(trials, labels, first);
        List<Trial> after = of(trials, labels, arm);
        List<Double> gains = new ArrayList<>();
        for (int i = 0; i < before.size(); i++) {
          gains.add(after.get(i).accuracy() - before.get(i).accuracy());
        }
        Estimate gain = Trials.mean(gains);
        lines.add(
            String.format(
                Locale.ROOT,
                "%d labels, %s against %s: %+.1f%s points; better with %d of %d seeds, worse with"
                    + " %d",
                labels,
                arm,
                first,
                100 * gain.value(),
                error(gain),
                gains.stream().filter(g -> g > 0).count(),
                gains.size(),
                gains.stream().filter(g -> g < 0).count()));
      }
    }
    lines.add("(± is one standard error over the seeds; time is that of the training alone)");
    return lines;
  }

  private static List<Integer> labels(List<Trial> trials) {
    return trials.stream().map(Trial::labels).distinct().toList();
  }

  private static List<String> arms(List<Trial> trials) {
    return trials.stream().map(Trial::arm).distinct().toList();
  }

  private static List<Trial> of(List<Trial> trials, int labels, String arm) {
    return trials.stream().filter(t -> t.labels() == labels && t.arm().equals(arm)).toList();
  }

  private static Estimate mean(List<Trial> trials, ToDoubleFunction<Trial> part) {
    return Trials.mean(trials.stream().map(part::applyAsDouble).toList());
  }

  private static String percent(Estimate estimate) {
    return String.format(Locale.ROOT, "%.1f%s %%", 100 * estimate.value(), error(estimate));
  }

  private static String percent(double share) {
    return String.format(Locale.ROOT, "%.1f %%", 100 * share);
  }

  /** Nothing for a single seed, which says nothing of others. */
  private static String error(Estimate estimate) {
    return Double.isNaN(estimate.standardError())
        ? ""
        : String.format(Locale.ROOT, " ± %.1f", 100 * estimate.standardError());
  }
}
