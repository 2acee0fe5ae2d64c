package dev.hone.run;

import dev.hone.data.Batch;
import dev.hone.data.DataConfig;
import dev.hone.data.Example;
import dev.hone.data.TokenRow;
import dev.hone.evaluate.Perplexity;
import dev.hone.model.Adapter;
import dev.hone.model.Model;
import dev.hone.model.Pass;
import dev.hone.model.Recurrent;
import dev.hone.recipe.Recipe;
import dev.hone.tensor.GradMode;
import dev.hone.tensor.Scope;
import dev.hone.train.ActivationConfig;
import dev.hone.train.BatchPlan;
import dev.hone.train.Lanes;
import dev.hone.train.Objective;
import dev.hone.train.StreamObjective;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Writing text, answers or conversations: measured by the perplexity of what is to be written. */
final class TextSkill implements Skill {
  private final Base base;
  private final ActivationConfig activations;
  private final List<TokenRow> test;
  private final List<TokenRow> train;
  private final boolean streamed;

  TextSkill(Base base, DataConfig data, Recipe recipe, Prepared rows) {
    this.base = base;
    this.activations = recipe.train().activations();
    this.train = rows.train();
    this.streamed =
        base.model().backbone() instanceof Recurrent
            && data.stride() == 0
            && rows.splits().test().stream().allMatch(Example.Text.class::isInstance);
    List<TokenRow> all = rows.test();
    int limit = recipe.evaluate().limit();
    this.test = limit > 0 && all.size() > limit ? all.subList(0, limit) : all;
  }

  /** Whether the model goes on from row to row with what it remembers. */
  boolean isStreamed() {
    return streamed;
  }

  @Override
  public Objective objective() {
    return streamed ? new StreamObjective(train, activations) : base.writing();
  }

  @Override
  public BatchPlan plan(List<TokenRow> rows, int batch, long seed) {
    return streamed ? Lanes.of(rows, batch) : Skill.super.plan(rows, batch, seed);
  }

  @Override
  public List<List<TokenRow>> batches(List<TokenRow> rows, int batch, int tokens) {
    return streamed ? Lanes.of(rows, batch).steps() : Skill.super.batches(rows, batch, tokens);
  }

  @Override
  public List<Score> before(RunListener listener) {
    listener.phase("base");
    return List.of(score("base", base.model(), Adapter.NONE, listener));
  }

  @Override
  public Score score(String name, Model model, Adapter adapter, RunListener listener) {
    Perplexity perplexity =
        perplexity(
            objective(), model, adapter, batches(test, 1, 0), base.tokenizer().padId(), listener);
    return Score.of(name, perplexity);
  }

  /**
   * How surprised a model is by rows.
   *
   * @param batches each of a single row
   */
  static Perplexity perplexity(
      Objective objective,
      Model model,
      Adapter adapter,
      List<List<TokenRow>> batches,
      int pad,
      RunListener listener) {
    // The error is counted over documents: windows of one are not independent of each other.
    Map<String, double[]> sums = new LinkedHashMap<>();
    int done = 0;
    for (List<TokenRow> row : batches) {
      Batch batch = Batch.of(row, pad);
      try (Scope scope = Scope.open();
          GradMode off = GradMode.off()) {
        double[] sum = sums.computeIfAbsent(row.getFirst().origin(), origin -> new double[2]);
        sum[0] += objective.value(model, Pass.plain().with(adapter), batch);
        sum[1] += batch.learnedTokens();
      }
      listener.progress(++done, batches.size());
    }
    double[] losses = sums.values().stream().mapToDouble(sum -> sum[0]).toArray();
    int[] tokens = sums.values().stream().mapToInt(sum -> (int) sum[1]).toArray();
    return Perplexity.of(losses, tokens);
  }
}
