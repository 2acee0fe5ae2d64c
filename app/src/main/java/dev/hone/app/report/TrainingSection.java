package dev.hone.app.report;

import dev.hone.app.report.LineChart.Series;
import dev.hone.app.report.RunReport.Step;
import dev.hone.app.report.RunReport.Validation;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.ToDoubleFunction;

/** The curves of the training. */
final class TrainingSection {
  private TrainingSection() {}

  static Html of(RunReport.Training training) {
    List<Step> steps = training.steps();
    double[] x = steps.stream().mapToDouble(Step::step).toArray();
    double[] loss = values(steps, Step::loss);
    List<Series> series = new ArrayList<>();
    series.add(new Series("each step", "raw", x, loss, false));
    series.add(new Series("smoothed", "smooth", x, smooth(loss), false));
    List<Validation> validation = training.validation();
    if (!validation.isEmpty()) {
      series.add(
          new Series(
              "validation",
              "validation",
              validation.stream().mapToDouble(Validation::step).toArray(),
              validation.stream().mapToDouble(Validation::loss).toArray(),
              true));
    }
    Html html = new Html();
    html.add(new LineChart("Loss", "step", "nats a label token", 260, series).html());
    html.add(outcome(training));
    html.open("div", "class", "pair");
    html.add(small("Learning rate", "per step", x, values(steps, Step::rate)));
    html.add(small("Gradient norm", "before clipping", x, values(steps, Step::gradientNorm)));
    return html.close();
  }

  private static Html outcome(RunReport.Training training) {
    Html html = new Html();
    training.validation().stream()
        .filter(v -> Double.isFinite(v.loss()))
        .min(Comparator.comparingDouble(Validation::loss))
        .ifPresent(
            best -> {
              html.open("p", "class", "note");
              html.text(
                  Numbers.format(
                      "Lowest validation loss %.4f at step %,d.", best.loss(), best.step()));
              if (training.keptStep() > 0) {
                html.text(Numbers.format(" Kept: the weights of step %,d.", training.keptStep()));
              }
              html.close();
            });
    return html;
  }

  private static Html small(String title, String unit, double[] x, double[] y) {
    return new LineChart(
            title, "step", unit, 120, List.of(new Series(title, "smooth thin", x, y, false)))
        .half();
  }

  private static double[] values(List<Step> steps, ToDoubleFunction<Step> part) {
    return steps.stream().mapToDouble(part).toArray();
  }

  /** A mean over about a thirtieth of the run on either side: two passes of a moving mean. */
  static double[] smooth(double[] values) {
    int reach = values.length / 60;
    return movingMean(movingMean(values, reach), reach);
  }

  private static double[] movingMean(double[] values, int reach) {
    int n = values.length;
    double[] sums = new double[n + 1];
    int[] counts = new int[n + 1];
    for (int i = 0; i < n; i++) {
      boolean finite = Double.isFinite(values[i]);
      sums[i + 1] = sums[i] + (finite ? values[i] : 0);
      counts[i + 1] = counts[i] + (finite ? 1 : 0);
    }
    double[] means = new double[n];
    for (int i = 0; i < n; i++) {
      int from = Math.max(0, i - reach);
      int to = Math.min(n, i + reach + 1);
      means[i] = (sums[to] - sums[from]) / (counts[to] - counts[from]);
    }
    return means;
  }
}
