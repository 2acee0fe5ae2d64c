package dev.hone.run;

import dev.hone.data.Batch;
import dev.hone.data.Batches;
import dev.hone.data.TokenRow;
import dev.hone.evaluate.EvaluateConfig;
import dev.hone.evaluate.Perplexity;
import dev.hone.model.Adapter;
import dev.hone.model.Model;
import dev.hone.model.Pass;
import dev.hone.tensor.GradMode;
import dev.hone.tensor.Scope;
import dev.hone.train.Objective;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Writing text, answers or conversations: measured by the perplexity of what is to be written. */
final class TextSkill implements Skill {
  private final Base base;
  private final EvaluateConfig config;
  private final List<TokenRow> test;

  TextSkill(Base base, EvaluateConfig config, Prepared rows) {
    this.base = base;
    this.config = config;
    List<TokenRow> all = rows.test();
    this.test =
        config.limit() > 0 && all.size() > config.limit() ? all.subList(0, config.limit()) : all;
  }

  @Override
  public Objective objective() {
    return base.writing();
  }

  @Override
  public List<Score> before(RunListener listener) {
    listener.phase("base");
    return List.of(score("base", base.model(), Adapter.NONE, listener));
  }

  @Override
  public Score score(String name, Model model, Adapter adapter, RunListener listener) {
    Objective objective = base.writing();
    // The error is counted over documents: windows of one are not independent of each other.
    Map<String, double[]> sums = new LinkedHashMap<>();
    int done = 0;
    for (List<TokenRow> row : Batches.byLength(test, 1)) {
      Batch batch = Batch.of(row, base.tokenizer().padId());
      try (Scope scope = Scope.open();
          GradMode off = GradMode.off()) {
        double[] sum = sums.computeIfAbsent(row.getFirst().origin(), origin -> new double[2]);
        sum[0] += objective.value(model, Pass.plain().with(adapter), batch);
        sum[1] += batch.learnedTokens();
      }
      listener.progress(++done, test.size());
    }
    double[] losses = sums.values().stream().mapToDouble(sum -> sum[0]).toArray();
    int[] tokens = sums.values().stream().mapToInt(sum -> (int) sum[1]).toArray();
    return new Score(name, null, new int[0], Perplexity.of(losses, tokens), null);
  }
}
