package dev.hone.run;

import dev.hone.evaluate.Measures;
import dev.hone.evaluate.Perplexity;
import dev.hone.evaluate.Preference;
import dev.hone.evaluate.ResultLine;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** What a run has measured, by kind, in the order in which it was measured. */
final class Scores {
  private final RunListener listener;
  private final List<Skill.Score> all = new ArrayList<>();

  Scores(RunListener listener) {
    this.listener = listener;
  }

  /** Takes it, and tells of it. */
  void add(Skill.Score score) {
    all.add(score);
    if (score.line() != null) {
      listener.scored(score.line());
    }
    if (score.measures() != null) {
      listener.scored(score.measures());
    }
  }

  List<Skill.Score> all() {
    return all;
  }

  List<ResultLine> lines() {
    return List.copyOf(named(Skill.Score::line).values());
  }

  Map<String, Perplexity> perplexities() {
    return named(Skill.Score::perplexity);
  }

  Map<String, Preference> preferences() {
    return named(Skill.Score::preference);
  }

  List<Measures> measures() {
    return List.copyOf(named(Skill.Score::measures).values());
  }

  private <T> Map<String, T> named(Function<Skill.Score, @Nullable T> kind) {
    Map<String, T> named = new LinkedHashMap<>();
    for (Skill.Score score : all) {
      if (kind.apply(score) != null) {
        named.put(score.name(), Objects.requireNonNull(kind.apply(score)));
      }
    }
    return named;
  }
}
