package dev.hone.run;

import dev.hone.data.TokenRow;
import dev.hone.data.head.Masking;
import dev.hone.evaluate.EvaluateConfig;
import dev.hone.model.Adapter;
import dev.hone.model.Model;
import dev.hone.train.BatchPlan;
import dev.hone.train.MaskedLmObjective;
import dev.hone.train.Objective;
import java.util.List;

/**
 * Finding hidden words. Every step hides others, drawn from the seed and the step; what is measured
 * hides the same ones every time.
 */
final class MaskedLmSkill implements Skill {
  private static final long FIXED = 1;

  private final Masking masking;
  private final Base base;
  private final List<TokenRow> test;

  MaskedLmSkill(Masking masking, Base base, EvaluateConfig config, Prepared rows) {
    this.masking = masking;
    this.base = base;
    List<TokenRow> all = rows.test();
    this.test =
        config.limit() > 0 && all.size() > config.limit() ? all.subList(0, config.limit()) : all;
  }

  @Override
  public Objective objective() {
    return new MaskedLmObjective();
  }

  @Override
  public boolean repeatsRows() {
    return false;
  }

  @Override
  public BatchPlan plan(List<TokenRow> rows, int batch, long seed) {
    BatchPlan plan = Skill.super.plan(rows, batch, seed);
    return new BatchPlan() {
      @Override
      public int stepsPerEpoch() {
        return plan.stepsPerEpoch();
      }

      @Override
      public List<TokenRow> rows(int step) {
        return masking.of(plan.rows(step), 31 * seed + step);
      }
    };
  }

  @Override
  public List<List<TokenRow>> batches(List<TokenRow> rows, int batch, int tokens) {
    return Skill.super.batches(masking.of(rows, FIXED), batch, tokens);
  }

  @Override
  public List<Score> before(RunListener listener) {
    listener.phase("base");
    return List.of(score("base", base.model(), Adapter.NONE, listener));
  }

  @Override
  public Score score(String name, Model model, Adapter adapter, RunListener listener) {
    return Score.of(
        name,
        TextSkill.perplexity(
            objective(), model, adapter, batches(test, 1, 0), base.tokenizer().padId(), listener));
  }
}
