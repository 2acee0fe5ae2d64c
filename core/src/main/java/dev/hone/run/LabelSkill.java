package dev.hone.run;

import dev.hone.data.DataConfig;
import dev.hone.data.Example;
import dev.hone.evaluate.ChoiceScorer;
import dev.hone.evaluate.Classification;
import dev.hone.evaluate.EvaluateConfig;
import dev.hone.evaluate.EvaluateConfig.Baseline;
import dev.hone.evaluate.FewShot;
import dev.hone.evaluate.ResultLine;
import dev.hone.model.Adapter;
import dev.hone.model.Model;
import dev.hone.run.head.HeadLogits;
import dev.hone.train.ClassificationObjective;
import dev.hone.train.Objective;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * Telling labels apart: by a classification head, or by a language model that answers with the
 * label's words.
 */
final class LabelSkill implements Skill {
  private final Base base;
  private final DataConfig data;
  private final EvaluateConfig config;
  private final Prepared rows;
  private final List<Example.Labelled> test;
  private final int[] gold;
  private final boolean spoken;
  private final long seed;

  LabelSkill(Base base, DataConfig data, EvaluateConfig config, Prepared rows, long seed) {
    this.base = base;
    this.data = data;
    this.config = config;
    this.rows = rows;
    this.seed = seed;
    this.spoken = base.speaks();
    List<Example.Labelled> all =
        rows.testExamples().stream().map(Example.Labelled.class::cast).toList();
    this.test =
        config.limit() > 0 && all.size() > config.limit() ? all.subList(0, config.limit()) : all;
    this.gold = test.stream().mapToInt(e -> rows.labels().indexOf(e.label())).toArray();
  }

  @Override
  public Objective objective() {
    return spoken ? base.writing() : new ClassificationObjective();
  }

  @Override
  public boolean comparesWithRandomWeights() {
    return true;
  }

  /** The test rows that are scored, in the order of the predictions. */
  List<Example.Labelled> test() {
    return test;
  }

  @Override
  public List<Score> before(RunListener listener) {
    List<Score> scores = new ArrayList<>();
    if (config.baselines().contains(Baseline.MAJORITY)) {
      scores.add(scored("majority", majority()));
    }
    if (spoken && config.baselines().contains(Baseline.ZERO_SHOT)) {
      listener.phase("zero_shot");
      scores.add(score("zero_shot", base.model(), Adapter.NONE, listener));
    }
    if (spoken && config.baselines().contains(Baseline.FEW_SHOT)) {
      listener.phase("few_shot");
      int longest = test.stream().mapToInt(e -> rows.questions().prompt(e).length).max().orElse(0);
      int answer =
          rows.questions().choices(rows.labels()).stream().mapToInt(c -> c.length).max().orElse(0);
      FewShot shots =
          FewShot.of(
              rows.splits().train().stream().map(Example.Labelled.class::cast).toList(),
              data,
              base.tokenizer(),
              config.shots(),
              base.model().backbone().maxPositions() - longest - answer,
              seed);
      listener.note(shots.shots() + " examples fit before every question of the few-shot prompt");
      scores.add(scored("few_shot", spoken(base.model(), Adapter.NONE, shots, listener)));
    }
    return scores;
  }

  private int[] majority() {
    Map<String, Integer> counts = rows.splits().report().labels().getOrDefault("train", Map.of());
    int best = 0;
    for (int i = 1; i < rows.labels().size(); i++) {
      if (counts.getOrDefault(rows.labels().get(i), 0)
          > counts.getOrDefault(rows.labels().get(best), 0)) {
        best = i;
      }
    }
    int[] predicted = new int[test.size()];
    Arrays.fill(predicted, best);
    return predicted;
  }

  @Override
  public Score score(String name, Model model, Adapter adapter, RunListener listener) {
    return scored(
        name,
        spoken
            ? spoken(model, adapter, new FewShot(0, new int[0]), listener)
            : classified(model, adapter, listener));
  }

  private Score scored(String name, int[] predicted) {
    ResultLine line = ResultLine.of(name, Classification.of(gold, predicted, rows.labels()));
    return Score.of(line, predicted);
  }

  private int[] spoken(Model model, Adapter adapter, FewShot shots, RunListener listener) {
    List<int[]> choices = rows.questions().choices(rows.labels());
    int[] predicted = new int[test.size()];
    for (int i = 0; i < predicted.length; i++) {
      int[] prompt = shots.before(rows.questions().prompt(test.get(i)), base.tokenizer());
      Adapter own = adapter.ofTask(test.get(i).task());
      predicted[i] = new ChoiceScorer(model, own, config.lengthNormalized()).best(prompt, choices);
      listener.progress(i + 1, predicted.length);
    }
    return predicted;
  }

  private int[] classified(Model model, Adapter adapter, RunListener listener) {
    return new HeadLogits(model, adapter, base.tokenizer().padId())
            .of(
                rows.test().subList(0, test.size()),
                config.batch(),
                done -> listener.progress(done, test.size()))
            .stream()
            .mapToInt(LabelSkill::best)
            .toArray();
  }

  private static int best(float[] logits) {
    int best = 0;
    for (int i = 1; i < logits.length; i++) {
      best = logits[i] > logits[best] ? i : best;
    }
    return best;
  }
}
