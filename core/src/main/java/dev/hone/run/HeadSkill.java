package dev.hone.run;

import dev.hone.data.DroppedRow;
import dev.hone.data.Example;
import dev.hone.data.TokenRow;
import dev.hone.data.head.Reading;
import dev.hone.error.HoneException;
import dev.hone.evaluate.EvaluateConfig;
import dev.hone.evaluate.EvaluateConfig.Baseline;
import dev.hone.model.Adapter;
import dev.hone.model.Model;
import dev.hone.run.head.HeadLogits;
import dev.hone.run.head.MeasuredTask;
import dev.hone.train.HeadObjective;
import dev.hone.train.Objective;
import java.util.ArrayList;
import java.util.List;

/** What a head of a task of its own learns: measured by its answers to the test rows. */
final class HeadSkill<E extends Example, A> implements Skill {
  private static final int AT_ONCE = 8;

  private final MeasuredTask<E, A> task;
  private final Base base;
  private final EvaluateConfig config;
  private final List<E> train;
  private final List<E> test;

  HeadSkill(MeasuredTask<E, A> task, Base base, EvaluateConfig config, Prepared rows) {
    this.task = task;
    this.base = base;
    this.config = config;
    this.train = rows.splits().train().stream().map(task.rows()::cast).toList();
    List<E> all = rows.testExamples().stream().map(task.rows()::cast).toList();
    this.test =
        config.limit() > 0 && all.size() > config.limit() ? all.subList(0, config.limit()) : all;
  }

  @Override
  public Objective objective() {
    return new HeadObjective();
  }

  @Override
  public boolean comparesWithRandomWeights() {
    return true;
  }

  @Override
  public List<Score> before(RunListener listener) {
    if (!config.baselines().contains(Baseline.MAJORITY)) {
      return List.of();
    }
    return task.baseline(train).stream()
        .map(b -> scored(b.name(), test.stream().map(b.answer()).toList()))
        .toList();
  }

  @Override
  public Score score(String name, Model model, Adapter adapter, RunListener listener) {
    HeadLogits head = new HeadLogits(model, adapter, base.tokenizer().padId());
    int some = AT_ONCE * config.batch(); // of more, logits would fill the memory
    List<A> answers = new ArrayList<>();
    for (int from = 0; from < test.size(); from += some) {
      answers.addAll(answers(head, test.subList(from, Math.min(from + some, test.size()))));
      listener.progress(answers.size(), test.size());
    }
    return scored(name, answers);
  }

  private List<A> answers(HeadLogits head, List<E> examples) {
    List<List<Reading>> readings = examples.stream().map(this::readings).toList();
    List<TokenRow> rows = readings.stream().flatMap(List::stream).map(Reading::row).toList();
    List<float[]> logits = head.of(rows, config.batch(), done -> {});
    List<A> answers = new ArrayList<>();
    int from = 0;
    for (int i = 0; i < examples.size(); i++) {
      int to = from + readings.get(i).size();
      answers.add(task.answer(examples.get(i), readings.get(i), logits.subList(from, to)));
      from = to;
    }
    return answers;
  }

  private Score scored(String name, List<A> answers) {
    return Score.of(task.measured(name, test, answers));
  }

  private List<Reading> readings(E example) {
    try {
      return task.read(example);
    } catch (DroppedRow e) { // such rows are no test rows any more
      throw new HoneException(example.origin() + ": " + e.reason(), e);
    }
  }
}
