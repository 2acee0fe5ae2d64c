package dev.hone.run;

import dev.hone.config.ByteSize;
import dev.hone.data.Batch;
import dev.hone.data.Batches;
import dev.hone.data.Example;
import dev.hone.data.Splits;
import dev.hone.data.TokenRow;
import dev.hone.error.HoneException;
import dev.hone.evaluate.EvaluateConfig.Baseline;
import dev.hone.evaluate.Forgetting;
import dev.hone.evaluate.McNemar;
import dev.hone.evaluate.Perplexity;
import dev.hone.method.Full;
import dev.hone.method.FullConfig;
import dev.hone.method.Method;
import dev.hone.method.Methods;
import dev.hone.method.bottleneck.FusionConfig;
import dev.hone.method.multitaskprompttuning.MultitaskPromptTuningConfig;
import dev.hone.model.Adapter;
import dev.hone.model.Model;
import dev.hone.model.family.Families;
import dev.hone.recipe.Recipe;
import dev.hone.store.AtomicFiles;
import dev.hone.tensor.Cpu;
import dev.hone.tensor.Engine;
import dev.hone.tensor.Precision;
import dev.hone.train.BatchPlan;
import dev.hone.train.Checkpoints;
import dev.hone.train.EpochPlan;
import dev.hone.train.FrozenCache;
import dev.hone.train.StopSignal;
import dev.hone.train.TrainConfig;
import dev.hone.train.Trainer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** Does what a recipe says: data, before, training, after, files. */
public final class Run {
  private final Recipe recipe;
  private final RunListener listener;
  private final StopSignal stop;
  private final List<Example> held;
  private final long begun = System.nanoTime();
  private Located located = Located.NOWHERE;

  public Run(Recipe recipe, RunListener listener, StopSignal stop) {
    this(recipe, listener, stop, List.of());
  }

  /**
   * @param held rows that later stages are measured on, which this run may not learn from
   */
  Run(Recipe recipe, RunListener listener, StopSignal stop, List<Example> held) {
    this.recipe = recipe;
    this.listener = new Stoppable(listener, stop);
    this.stop = stop;
    this.held = held;
  }

  /** Makes the engine what the recipe says; how matrices are multiplied holds until closed. */
  static Precision engine(Recipe recipe) {
    Engine.device(recipe.device().engine());
    Engine.threads(recipe.threads());
    return Precision.of(recipe.compute().engine());
  }

  /**
   * @return empty when it was asked to stop: a checkpoint of the training is written if it had
   *     begun, and the same recipe takes it up again
   */
  public Optional<RunResult> execute() {
    try (Precision products = engine(recipe)) {
      return begun();
    } catch (Stoppable.Stopped e) { // while it was measured, before or after the training
      return Optional.empty();
    }
  }

  private Optional<RunResult> begun() {
    located = Located.of(recipe, listener); // a name that is not on the Hub leaves no folder behind
    try (RunFolder folder = RunFolder.open(recipe)) {
      listener.opened(folder.path(), folder.resumed());
      listener.phase("data");
      Splits splits = Splits.read(located.data()).without(held);
      PreferenceSkill.require(recipe, splits.format());
      try (Base base = Opening.of(recipe, located, splits, folder, listener)) {
        return executed(folder, splits, base);
      }
    }
  }

  /**
   * What the run would take, measured with some of its rows; nothing is trained and nothing stays.
   *
   * @throws HoneException where it does not fit into {@code memory}, or into this machine's
   */
  public MemoryPlan plan() {
    if (!recipe.stages().isEmpty()) {
      throw new HoneException(
          "a dry run measures one run, and this recipe has stages; take the keys of one stage as a"
              + " recipe of its own");
    }
    try (Precision products = engine(recipe)) {
      return planned();
    }
  }

  private MemoryPlan planned() {
    located = Located.of(recipe, listener);
    Splits splits = Splits.read(located.data());
    PreferenceSkill.require(recipe, splits.format());
    try (ScratchFolder scratch = new ScratchFolder();
        RunFolder folder = RunFolder.open(recipe.in(scratch.path()));
        Base base = Opening.of(recipe, located, splits, folder, listener)) {
      Prepared rows = prepared(splits, base);
      listener.note(Notes.data(rows));
      Skill skill = Skill.of(base, recipe, recipe.data(), rows);
      if (skill instanceof PreferenceSkill preferences) {
        preferences.refer(base, folder.file(PreferenceSkill.FILE), listener);
      }
      Engine.seed(recipe.seed());
      try (Method method = attached(rows, base)) {
        ByteSize limit = recipe.memory();
        long free = Cpu.residentBytes() + Cpu.memoryBytes()[1];
        return plan(skill, rows, base, method, limit == null ? free : limit.bytes());
      }
    }
  }

  private MemoryPlan plan(Skill skill, Prepared rows, Base base, Method method, long limit) {
    // The same model from random weights is trained beside it: a copy of its own, gradients,
    // moments.
    long baseline = fromRandom(skill) ? 20 * base.model().parameterCount() : 0;
    return MemoryPlan.of(
        recipe.train(),
        base.model(),
        method,
        skill.objective(),
        skill.plan(rows.train(), recipe.train().batch(), recipe.seed()),
        limit,
        baseline);
  }

  /** The recipe's training, changed so that it fits into the memory that it may take. */
  private TrainConfig fitting(
      RunFolder folder, Skill skill, Prepared rows, Base base, Method method) {
    if (recipe.memory() == null) {
      return recipe.train();
    }
    Path file = folder.file("memory.json");
    if (!Files.exists(file)) {
      plan(skill, rows, base, method, recipe.memory().bytes()).write(file);
    }
    MemoryPlan plan = MemoryPlan.read(file);
    listener.note(
        "about " + (plan.peakBytes() >> 20) + " MiB of " + recipe.memory() + " will be taken");
    plan.choices().forEach(listener::note);
    return plan.applied(recipe.train());
  }

  private Optional<RunResult> executed(RunFolder folder, Splits splits, Base base) {
    Prepared rows = prepared(splits, base);
    SameInputs.require(folder, base, rows);
    if (rows.test().isEmpty()) {
      throw new HoneException(
          "no test row is left to measure the run by: give data.split.test a larger share, or name"
              + " files in data.split.testPath");
    }
    listener.note(Notes.data(rows));
    listener.note(Notes.weights(base));
    Engine.seed(recipe.seed());
    // Before the baselines, which take minutes: the method may not fit the base.
    try (Method method = attached(rows, base)) {
      Skill skill = Skill.of(base, recipe, recipe.data(), rows);
      if (skill instanceof PreferenceSkill preferences) {
        preferences.refer(base, folder.file(PreferenceSkill.FILE), listener);
      }
      Optional<GeneralText> general = GeneralText.of(recipe, base);
      Optional<Perplexity> known = general.map(text -> text.loss(Adapter.NONE, listener));
      Scores scores = new Scores(listener);
      if (recipe.newModel() == null) {
        skill.before(listener).forEach(scores::add);
      }
      TrainConfig train = fitting(folder, skill, rows, base, method);
      FrozenCache frozen =
          train.cacheFrozen() && skill.repeatsRows() && !base.fingerprint().isEmpty()
              ? new FrozenCache(folder.file("frozen"), base.numbers())
              : null;
      Checkpoints checkpoints = new Checkpoints(folder.file("checkpoints"));
      MetricsLog log = new MetricsLog(folder.file("metrics.jsonl"));
      log.keepUpTo(checkpoints.lastStep());
      listener.phase("train");
      Trainer.Result trained =
          trainer(base.model(), method, train, skill, rows, base, checkpoints, log, frozen).run();
      if (trained.outcome() == Trainer.Outcome.INTERRUPTED) {
        return Optional.empty();
      }
      Path weights = Weights.save(folder, recipe, base, method, rows);
      listener.phase(RunResult.TUNED);
      scores.add(skill.score(RunResult.TUNED, base.model(), method, listener));
      Forgetting forgetting =
          known
              .map(before -> new Forgetting(before, general.get().loss(method, listener)))
              .orElse(null);
      if (fromRandom(skill)) {
        Optional<Skill.Score> random = random(folder, base, skill, rows, train);
        if (random.isEmpty()) {
          return Optional.empty();
        }
        scores.add(random.get());
      }
      RunResult result =
          result(
              folder, weights, trained, log, scores, forgetting, rows, skill, base.model(), method);
      AtomicFiles.write(
          folder.file(RunResult.FILE),
          JsonMapper.builder()
              .enable(SerializationFeature.INDENT_OUTPUT)
              .build()
              .writeValueAsString(result.json()));
      return Optional.of(result);
    }
  }

  /** The rows; a method that does not fit them or the base is refused at once. */
  private Prepared prepared(Splits splits, Base base) {
    switch (recipe.method()) {
      case FullConfig full -> {
        var ignored = Full.chosen(full, base.model());
      }
      case FusionConfig fusion -> {
        for (Path folder : fusion.folders()) {
          AdapterCard.read(folder).ifPresent(card -> card.requireBase(base, folder));
        }
      }
      default -> {}
    }
    Prepared rows = Prepared.of(splits, located.data(), base);
    if (recipe.method() instanceof MultitaskPromptTuningConfig prompt) {
      rows.requireTasks(prompt.tasks());
    }
    return rows;
  }

  private Method attached(Prepared rows, Base base) {
    return Methods.attach(
        recipe.method(), base.model(), () -> batches(rows, base), base.tokenizer()::encode);
  }

  private List<Batch> batches(Prepared rows, Base base) {
    BatchPlan plan =
        new EpochPlan(new Batches(rows.train(), recipe.train().batch(), recipe.seed()));
    return IntStream.range(0, plan.stepsPerEpoch())
        .mapToObj(step -> Batch.of(plan.rows(step), base.tokenizer().padId()))
        .toList();
  }

  private boolean fromRandom(Skill skill) {
    return skill.comparesWithRandomWeights()
        && recipe.newModel() == null
        && recipe.evaluate().baselines().contains(Baseline.RANDOM_WEIGHTS);
  }

  private Trainer trainer(
      Model model,
      Method method,
      TrainConfig config,
      Skill skill,
      Prepared rows,
      Base base,
      @Nullable Checkpoints checkpoints,
      @Nullable MetricsLog log,
      @Nullable FrozenCache frozen) {
    List<List<TokenRow>> validation =
        rows.validation().isEmpty()
            ? List.of()
            : skill.batches(rows.validation(), recipe.evaluate().batch(), config.tokensAtOnce());
    return new Trainer(
        model,
        method,
        skill.objective(),
        config,
        skill.plan(rows.train(), config.batch(), recipe.seed()),
        validation,
        base.tokenizer().padId(),
        recipe.seed(),
        checkpoints,
        log == null ? listener : log.before(listener),
        stop,
        frozen);
  }

  /**
   * The same model without its pretraining, every weight trained on the same rows.
   *
   * @return empty when it was asked to stop; its checkpoints stay, to be taken up
   */
  private Optional<Skill.Score> random(
      RunFolder folder, Base base, Skill skill, Prepared rows, TrainConfig train) {
    listener.phase("random_weights");
    Engine.seed(recipe.seed());
    try (Model model = Families.random(base.model().config());
        Method full = new Full(model)) {
      TrainConfig config = train.fromScratch(Math.min(train.rate(), 1e-3));
      Checkpoints scratch = new Checkpoints(folder.file("random_weights"));
      Trainer.Result trained =
          trainer(model, full, config, skill, rows, base, scratch, null, null).run();
      if (trained.outcome() == Trainer.Outcome.INTERRUPTED) {
        return Optional.empty();
      }
      Skill.Score score = skill.score("random_weights", model, full, listener);
      scratch.clear();
      return Optional.of(score);
    }
  }

  private RunResult result(
      RunFolder folder,
      Path weights,
      Trainer.Result trained,
      MetricsLog log,
      Scores scores,
      @Nullable Forgetting forgetting,
      Prepared rows,
      Skill skill,
      Model model,
      Method method) {
    Map<String, McNemar> comparisons = new LinkedHashMap<>();
    RunResult.Changes changes = null;
    if (skill instanceof LabelSkill labels) {
      comparisons = Comparisons.tests(labels, rows.labels(), scores.all());
      changes = Comparisons.changes(labels, rows.labels(), scores.all());
    }
    return new RunResult(
        recipe,
        folder.path(),
        weights,
        trained.outcome(),
        scores.lines(),
        scores.perplexities(),
        scores.preferences(),
        scores.measures(),
        forgetting,
        comparisons,
        changes,
        rows.splits().report(),
        rows.dropped(),
        rows.train().stream().mapToInt(TokenRow::length).toArray(),
        trained.state().step(),
        trained.state().bestStep(),
        trained.state().tokens(),
        log.trainSeconds(),
        (System.nanoTime() - begun) / 1e9,
        Cpu.peakResidentBytes(),
        method.trainableCount(),
        model.parameterCount());
  }
}
