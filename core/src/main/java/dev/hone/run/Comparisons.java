package dev.hone.run;

import dev.hone.data.Example;
import dev.hone.evaluate.McNemar;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The tuned model against the others, row by row. */
final class Comparisons {
  private Comparisons() {}

  static Map<String, McNemar> tests(
      LabelSkill skill, List<String> labels, List<Skill.Score> scores) {
    Map<String, McNemar> tests = new LinkedHashMap<>();
    int[] gold = gold(skill, labels);
    int[] tuned = tuned(scores).predicted();
    for (Skill.Score other : others(scores)) {
      tests.put(other.name(), McNemar.of(gold, tuned, other.predicted()));
    }
    return tests;
  }

  /** Against the best of the lines that needed no training. */
  static RunResult.@Nullable Changes changes(
      LabelSkill skill, List<String> labels, List<Skill.Score> scores) {
    Skill.Score before =
        others(scores).stream()
            .filter(s -> !s.name().equals("random_weights"))
            .max(
                Comparator.comparingDouble(
                    s -> Objects.requireNonNull(s.line()).accuracy().value()))
            .orElse(null);
    if (before == null) {
      return null;
    }
    int[] gold = gold(skill, labels);
    int[] tuned = tuned(scores).predicted();
    List<RunResult.Change> toRight = new ArrayList<>();
    List<RunResult.Change> toWrong = new ArrayList<>();
    for (int i = 0; i < gold.length; i++) {
      boolean was = before.predicted()[i] == gold[i];
      boolean is = tuned[i] == gold[i];
      if (was != is) {
        (is ? toRight : toWrong)
            .add(
                new RunResult.Change(
                    skill.test().get(i).text(),
                    labels.get(gold[i]),
                    labels.get(before.predicted()[i]),
                    labels.get(tuned[i])));
      }
    }
    return new RunResult.Changes(before.name(), toRight, toWrong);
  }

  private static int[] gold(LabelSkill skill, List<String> labels) {
    return skill.test().stream().map(Example.Labelled::label).mapToInt(labels::indexOf).toArray();
  }

  private static Skill.Score tuned(List<Skill.Score> scores) {
    return scores.stream().filter(s -> s.name().equals(RunResult.TUNED)).findFirst().orElseThrow();
  }

  private static List<Skill.Score> others(List<Skill.Score> scores) {
    return scores.stream().filter(s -> !s.name().equals(RunResult.TUNED)).toList();
  }
}
