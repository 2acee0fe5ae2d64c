package dev.hone.run;

import dev.hone.data.Dropped;
import dev.hone.data.SplitReport;
import dev.hone.evaluate.Estimate;
import dev.hone.evaluate.Forgetting;
import dev.hone.evaluate.McNemar;
import dev.hone.evaluate.Measures;
import dev.hone.evaluate.Perplexity;
import dev.hone.evaluate.Preference;
import dev.hone.evaluate.ResultLine;
import dev.hone.recipe.Recipe;
import dev.hone.train.Trainer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What a run gave.
 *
 * @param recipe resolved
 * @param folder of the run
 * @param weights the adapter's folder, or that of the whole model
 * @param lines the final table, for rows with labels
 * @param perplexities the same for text
 * @param preferences the same for preferences
 * @param measures the same for tasks of other heads
 * @param forgetting null where the recipe names no general text
 * @param comparisons the tuned model against each other line, on the same rows
 * @param changes rows on which the tuned model and the best baseline differ
 * @param steps optimiser steps done
 * @param bestStep step whose weights were kept; 0 where there was no validation
 * @param tokens real tokens trained on
 */
public record RunResult(
    Recipe recipe,
    Path folder,
    Path weights,
    Trainer.Outcome outcome,
    List<ResultLine> lines,
    Map<String, Perplexity> perplexities,
    Map<String, Preference> preferences,
    List<Measures> measures,
    @Nullable Forgetting forgetting,
    Map<String, McNemar> comparisons,
    @Nullable Changes changes,
    SplitReport split,
    List<Dropped> dropped,
    int[] lengths,
    int steps,
    int bestStep,
    long tokens,
    double trainSeconds,
    double totalSeconds,
    long peakMemoryBytes,
    long trainableParameters,
    long parameters) {

  /** Where a finished run's folder tells what it gave. */
  static final String FILE = "result.json";

  /** Name of the tuned model's line. */
  public static final String TUNED = "tuned";

  /** Test rows on which exactly one of two models is right. */
  public record Changes(String baseline, List<Change> toRight, List<Change> toWrong) {}

  /** One of them: the right label, and what was said before and after. */
  public record Change(String text, String gold, String before, String after) {}

  /** The line of this name. */
  public ResultLine line(String name) {
    return lines.stream()
        .filter(l -> l.name().equals(name))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("no line " + name));
  }

  /** The measures of this name. */
  public Measures measured(String name) {
    return measures.stream()
        .filter(m -> m.name().equals(name))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("no measures of " + name));
  }

  public double tokensPerSecond() {
    return trainSeconds == 0 ? 0 : tokens / trainSeconds;
  }

  /** The content of {@code result.json}. */
  Map<String, Object> json() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("name", recipe.name());
    json.put("outcome", outcome.name().toLowerCase(java.util.Locale.ROOT));
    json.put("seed", recipe.seed());
    json.put("lines", lines.stream().map(RunResult::line).toList());
    json.put("perplexities", perplexitiesJson());
    json.put("preferences", preferencesJson());
    json.put("measures", measures.stream().map(RunResult::measuresJson).toList());
    if (forgetting != null) {
      json.put("forgetting", forgettingJson(forgetting));
    }
    json.put("comparisons", comparisonsJson());
    json.put("splits", split.sizes());
    json.put("shared_groups", split.sharedGroups());
    json.put("dropped_rows", split.dropped().size() + dropped.size());
    json.put("dropped", droppedJson());
    json.put("steps", steps);
    json.put("best_step", bestStep);
    json.put("tokens", tokens);
    json.put("seconds", totalSeconds);
    json.put("train_seconds", trainSeconds);
    json.put("tokens_per_s", tokensPerSecond());
    json.put("peak_memory_bytes", peakMemoryBytes);
    json.put("trainable_parameters", trainableParameters);
    json.put("parameters", parameters);
    return json;
  }

  private static Map<String, Object> line(ResultLine line) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("name", line.name());
    json.put("n", line.n());
    put(json, "accuracy", line.accuracy());
    put(json, "macro_f1", line.macroF1());
    put(json, "mcc", line.mcc());
    return json;
  }

  private List<Map<String, Object>> droppedJson() {
    return Stream.concat(split.dropped().stream(), dropped.stream())
        .map(d -> Map.<String, Object>of("row", d.origin(), "reason", d.reason()))
        .toList();
  }

  private List<Map<String, Object>> perplexitiesJson() {
    List<Map<String, Object>> all = new ArrayList<>();
    perplexities.forEach(
        (name, p) -> {
          Map<String, Object> json = new LinkedHashMap<>();
          json.put("name", name);
          json.put("n", p.rows());
          json.put("tokens", p.tokens());
          put(json, "loss", p.loss());
          put(json, "perplexity", p.perplexity());
          all.add(json);
        });
    return all;
  }

  private static Map<String, Object> measuresJson(Measures measures) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("name", measures.name());
    json.put("n", measures.n());
    measures.values().forEach(m -> put(json, m.name().replaceAll("[- ]", "_"), m.value()));
    return json;
  }

  private static Map<String, Object> forgettingJson(Forgetting forgetting) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("n", forgetting.after().rows());
    json.put("tokens", forgetting.after().tokens());
    put(json, "loss_before", forgetting.before().loss());
    put(json, "loss_after", forgetting.after().loss());
    json.put("rise", forgetting.rise());
    return json;
  }

  private List<Map<String, Object>> preferencesJson() {
    List<Map<String, Object>> all = new ArrayList<>();
    preferences.forEach(
        (name, p) -> {
          Map<String, Object> json = new LinkedHashMap<>();
          json.put("name", name);
          json.put("n", p.rows());
          put(json, "reward_accuracy", p.accuracy());
          put(json, "likelier", p.likelier());
          put(json, "reward_margin", p.margin());
          all.add(json);
        });
    return all;
  }

  private List<Map<String, Object>> comparisonsJson() {
    List<Map<String, Object>> all = new ArrayList<>();
    comparisons.forEach(
        (name, test) ->
            all.add(
                Map.of(
                    "baseline", name,
                    "only_tuned_right", test.onlyFirst(),
                    "only_baseline_right", test.onlySecond(),
                    "p_value", test.pValue())));
    return all;
  }

  /** JSON has no NaN: an error that is not known is null. */
  private static void put(Map<String, Object> json, String name, Estimate estimate) {
    json.put(name, finite(estimate.value()));
    json.put(name + "_se", finite(estimate.standardError()));
  }

  private static @Nullable Double finite(double value) {
    return Double.isFinite(value) ? (Double) value : null;
  }
}
