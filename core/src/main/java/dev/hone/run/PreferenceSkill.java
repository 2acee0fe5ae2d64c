package dev.hone.run;

import dev.hone.data.Batch;
import dev.hone.data.Batches;
import dev.hone.data.DataConfig.Format;
import dev.hone.data.TokenRow;
import dev.hone.error.HoneException;
import dev.hone.evaluate.EvaluateConfig;
import dev.hone.evaluate.Preference;
import dev.hone.model.Adapter;
import dev.hone.model.Model;
import dev.hone.recipe.Recipe;
import dev.hone.tensor.Scope;
import dev.hone.train.Objective;
import dev.hone.train.preference.Answer;
import dev.hone.train.preference.AnswerLogs;
import dev.hone.train.preference.KtoConfig;
import dev.hone.train.preference.PairedConfig;
import dev.hone.train.preference.PreferenceConfig;
import dev.hone.train.preference.PreferenceObjective;
import dev.hone.train.preference.ReferenceLogs;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** Preferring some answers to others: measured by how often the right one has the higher reward. */
final class PreferenceSkill implements Skill {
  static final String FILE = "reference.json";

  private final Base base;
  private final PreferenceConfig objective;
  private final EvaluateConfig config;
  private final Prepared rows;
  private final List<TokenRow> test;
  private final ReferenceLogs reference = new ReferenceLogs();

  PreferenceSkill(Base base, PreferenceConfig objective, EvaluateConfig config, Prepared rows) {
    this.base = base;
    this.objective = objective;
    this.config = config;
    this.rows = rows;
    List<TokenRow> all = rows.test();
    this.test =
        config.limit() > 0 && all.size() > config.limit() ? all.subList(0, config.limit()) : all;
  }

  /** Refuses an objective for other rows, and rows without the objective that they need. */
  static void require(Recipe recipe, Format format) {
    PreferenceConfig objective = recipe.objective();
    boolean pairs = format == Format.PREFERENCE;
    boolean singles = format == Format.UNPAIRED_PREFERENCE;
    if (objective == null) {
      if (pairs || singles) {
        throw new HoneException(
            "the rows hold preferences (%s): say how they are learned, with objective={type: %s}, or take other columns with data.format"
                .formatted(
                    pairs ? "chosen and rejected" : "completion and label",
                    pairs ? "dpo}, {type: orpo} or {type: simpo" : "kto"));
      }
      return;
    }
    if (objective instanceof PairedConfig ? !pairs : !singles) {
      throw new HoneException(
          "objective %s learns from rows with %s, but these rows are %s"
              .formatted(
                  objective.getClass().getAnnotation(dev.hone.config.Name.class).value(),
                  objective instanceof PairedConfig
                      ? "prompt, chosen and rejected"
                      : "prompt, completion and label",
                  format.name().toLowerCase(java.util.Locale.ROOT).replace('_', '-')));
    }
    if (recipe.train().labelSmoothing() > 0) {
      throw new HoneException(
          "train.labelSmoothing spreads probability over tokens, which no preference does; set it"
              + " to 0 (objective.labelSmoothing is about pairs)");
    }
    if (objective instanceof KtoConfig && recipe.train().batch() < 2) {
      throw new HoneException(
          "train.batch is 1, expected at least 2: kto compares each answer with those to the other"
              + " questions of its step");
    }
  }

  @Override
  public Objective objective() {
    return new PreferenceObjective(objective, reference);
  }

  @Override
  public List<Score> before(RunListener listener) {
    listener.phase("base");
    return List.of(score("base", base.model(), Adapter.NONE, listener));
  }

  /**
   * Asks the untrained model for all rows, once for a run however often it is taken up.
   *
   * @param untrained the model before its training
   * @param file keeps the answers; null for none
   */
  void refer(Base untrained, @Nullable Path file, RunListener listener) {
    if (!objective.usesReference()) {
      return;
    }
    if (file != null) {
      reference.load(file, untrained.numbers());
    }
    listener.phase("reference");
    List<List<TokenRow>> batches = new ArrayList<>();
    List<List<TokenRow>> splits =
        file == null ? List.of(test) : List.of(rows.train(), rows.validation(), test);
    splits.forEach(split -> batches.addAll(Batches.byLength(split, config.batch())));
    for (int i = 0; i < batches.size(); i++) {
      reference.of(untrained.model(), Batch.of(batches.get(i), base.tokenizer().padId()));
      listener.progress(i + 1, batches.size());
    }
    if (file != null) {
      reference.save(file, untrained.numbers());
    }
  }

  @Override
  public Score score(String name, Model model, Adapter adapter, RunListener listener) {
    List<Answer> better = new ArrayList<>();
    List<Answer> worse = new ArrayList<>();
    int done = 0;
    for (List<TokenRow> part : Batches.byLength(test, config.batch())) {
      try (Scope scope = Scope.open()) {
        Batch batch = Batch.of(part, base.tokenizer().padId());
        double[] references =
            objective.usesReference()
                ? reference.of(base.model(), batch)
                : new double[batch.rows()];
        Answer[] answers = AnswerLogs.of(model, adapter, batch, references);
        for (int r = 0; r < answers.length; r++) {
          boolean good = objective instanceof PairedConfig ? r % 2 == 0 : batch.classes()[r] == 1;
          (good ? better : worse).add(answers[r]);
        }
      }
      listener.progress(done += part.size(), test.size());
    }
    Preference.Sides rewards = sides(better, worse, objective::reward);
    Preference.Sides likelihoods = sides(better, worse, objective::likelihood);
    return Score.of(
        name,
        objective instanceof PairedConfig
            ? Preference.ofPairs(rewards, likelihoods)
            : Preference.ofSingles(rewards, likelihoods));
  }

  private static Preference.Sides sides(
      List<Answer> better, List<Answer> worse, ToDoubleFunction<Answer> value) {
    return new Preference.Sides(
        better.stream().mapToDouble(value).toArray(), worse.stream().mapToDouble(value).toArray());
  }
}
