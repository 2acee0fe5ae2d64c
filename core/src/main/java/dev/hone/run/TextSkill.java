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
import java.util.List;

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
    double[] losses = new double[test.size()];
    int[] tokens = new int[test.size()];
    int done = 0;
    for (List<TokenRow> row : Batches.byLength(test, 1)) { // the error is counted over rows
      Batch batch = Batch.of(row, base.tokenizer().padId());
      try (Scope scope = Scope.open();
          GradMode off = GradMode.off()) {
        losses[done] = objective.value(model, Pass.plain().with(adapter), batch);
        tokens[done] = (int) batch.learnedTokens();
      }
      listener.progress(++done, test.size());
    }
    return new Score(name, null, new int[0], Perplexity.of(losses, tokens), null);
  }
}
