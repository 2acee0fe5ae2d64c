package dev.hone.train;

import dev.hone.data.Batch;
import dev.hone.data.TokenRow;
import dev.hone.error.HoneException;
import dev.hone.method.Method;
import dev.hone.model.Model;
import dev.hone.model.Pass;
import dev.hone.tensor.Engine;
import dev.hone.tensor.GradMode;
import dev.hone.tensor.Gradients;
import dev.hone.tensor.Profile;
import dev.hone.tensor.Scope;
import dev.hone.tensor.Tensor;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The training loop.
 *
 * <p>Every step is a pure function of weights, moments, seed and step number, so that a run that
 * was killed and resumed is bit for bit the run that was not.
 *
 * @param validation batches on which the loss is watched; empty for none
 * @param checkpoints where to save and resume, or null to keep nothing
 * @param frozen where to remember what layers that do not train make of the rows, or null
 */
public record Trainer(
    Model model,
    Method method,
    Objective objective,
    TrainConfig config,
    BatchPlan plan,
    List<List<TokenRow>> validation,
    long padId,
    long seed,
    @Nullable Checkpoints checkpoints,
    TrainListener listener,
    StopSignal stop,
    @Nullable FrozenCache frozen) {

  /** With all layers computed in every step. */
  public Trainer(
      Model model,
      Method method,
      Objective objective,
      TrainConfig config,
      BatchPlan plan,
      List<List<TokenRow>> validation,
      long padId,
      long seed,
      @Nullable Checkpoints checkpoints,
      TrainListener listener,
      StopSignal stop) {
    this(
        model,
        method,
        objective,
        config,
        plan,
        validation,
        padId,
        seed,
        checkpoints,
        listener,
        stop,
        null);
  }

  /** How a run ended. */
  public enum Outcome {
    FINISHED,
    EARLY_STOPPED,
    INTERRUPTED
  }

  public record Result(Outcome outcome, TrainState state) {}

  /** Optimiser steps of the whole run. */
  public int totalSteps() {
    return config.steps() > 0
        ? config.steps()
        : Math.max(1, (int) Math.round(config.epochs() * plan.stepsPerEpoch()));
  }

  public Result run() {
    int total = totalSteps();
    try (Thaw thaw = Thaw.of(this, total);
        AdamW optimizer = new AdamW(config, method, thaw::factor, moments())) {
      TrainState state = TrainState.start(config);
      if (checkpoints != null) {
        state = checkpoints.restore(method, optimizer, objective).orElse(state);
      }
      Division division = new Division(this, state.microTokens());
      while (state.step() < total) {
        if (exhausted(state)) { // a run that had stopped early was started again
          return finished(Outcome.EARLY_STOPPED, state);
        }
        if (stop.isRequested()) {
          save(optimizer, state, thaw);
          return new Result(Outcome.INTERRUPTED, state);
        }
        long begun = System.nanoTime();
        int step = state.step();
        thaw.reach(step);
        double rate = thaw.rate(step);
        Batch whole = Batch.of(plan.rows(step), padId);
        Learned learned = learned(step, whole, optimizer, rate, thaw, division);
        double norm;
        try (Profile.Stretch stretch = Profile.of(Profile.Phase.OPTIMIZER)) {
          norm = clipped(step, whole, learned.squares());
          optimizer.step(rate);
        }
        method.stepped(step + 1, total);
        optimizer.clearGradients();
        state = state.stepped(whole.tokens(), division.microTokens());
        double seconds = (System.nanoTime() - begun) / 1e9;
        double epoch = (double) state.step() / plan.stepsPerEpoch();
        listener.step(
            new StepReport(
                state.step(),
                total,
                epoch,
                learned.loss(),
                rate,
                norm,
                whole.tokens(),
                seconds,
                learned.by().measures()));
        if (due(config.evaluateEvery(), state.step(), total) && !validation.isEmpty()) {
          state = validated(state);
          if (exhausted(state)) {
            save(optimizer, state, thaw);
            return finished(Outcome.EARLY_STOPPED, state);
          }
        }
        int every =
            config.checkpointEvery() > 0 ? config.checkpointEvery() : config.evaluateEvery();
        if (due(every, state.step(), total)) {
          save(optimizer, state, thaw);
        }
      }
      return finished(Outcome.FINISHED, state);
    }
  }

  /** The file that the optimiser's moments lie in, or null. */
  private @Nullable Path moments() {
    if (!config.momentsOnDisk()) {
      return null;
    }
    Path folder =
        checkpoints == null ? Path.of(System.getProperty("java.io.tmpdir")) : checkpoints.folder();
    return folder.resolve("moments-" + ProcessHandle.current().pid() + ".scratch");
  }

  private boolean exhausted(TrainState state) {
    return config.patience() > 0 && state.worse() >= config.patience();
  }

  private boolean due(int every, int step, int total) {
    int period = every > 0 ? every : plan.stepsPerEpoch();
    return step % period == 0 || step == total;
  }

  /**
   * @param loss mean over what was learned
   * @param by the objective that knows the rows of the step
   * @param squares of the gradients that are gone since their weights have moved, summed
   */
  private record Learned(double loss, Objective by, double squares) {}

  /** Collects the gradients of a step, in smaller and smaller parts until they fit into memory. */
  private Learned learned(
      int step, Batch whole, AdamW optimizer, double rate, Thaw thaw, Division division) {
    while (true) {
      List<List<TokenRow>> parts = division.parts(plan.rows(step));
      int most = parts.stream().mapToInt(List::size).max().orElse(1);
      BackwardSteps moving =
          new BackwardSteps(method, optimizer, rate, () -> bad(step, whole, "the gradient"));
      try {
        Objective all = objective.over(model, method, plan.rows(step), most, padId);
        double loss = gradients(step, whole, parts, all, moving, thaw, division);
        return new Learned(loss, all, moving.squares());
      } catch (RuntimeException failure) {
        optimizer.clearGradients();
        division.halve(step, failure, moving.moved());
      }
    }
  }

  /** Collects the gradients of the mean loss of a step, in micro-batches; returns that loss. */
  private double gradients(
      int step,
      Batch whole,
      List<List<TokenRow>> parts,
      Objective all,
      BackwardSteps moving,
      Thaw thaw,
      Division division) {
    long learned = all.count(whole);
    if (learned == 0) {
      throw new HoneException(
          "step "
              + (step + 1)
              + ": no token of its rows is learned; leave them out: "
              + String.join(", ", whole.origins()));
    }
    double sum = 0;
    int number = 0;
    for (List<TokenRow> some : parts) {
      division.at(some);
      long drawn = mixed(seed, step, number++);
      Engine.seed(drawn);
      Batch part = Batch.of(some, padId);
      if (all.count(part) == 0) {
        continue;
      }
      try (Scope scope = Scope.open();
          GradMode on = GradMode.on()) {
        boolean last = config.optimizerInBackward() && some == parts.getLast();
        Pass pass = Pass.plain().with(last ? moving.adapter() : method).train(config.dropout());
        if (config.gradientCheckpointing()) {
          pass = pass.checkpointing(drawn);
        }
        if (config.packs()) {
          pass = pass.packing();
        }
        if (thaw.known() != null) {
          pass = pass.above(thaw.known());
        }
        double value = all.learn(model, pass, part, config.labelSmoothing(), 1.0 / learned);
        if (!Double.isFinite(value)) {
          throw bad(step, part, "the loss");
        }
        sum += value;
      }
    }
    try (Scope scope = Scope.open();
        GradMode on = GradMode.on()) {
      Tensor regularizer = method.regularizer();
      if (regularizer != null) {
        regularizer.backward();
      }
    }
    return sum / learned;
  }

  /**
   * Clips the gradients to the global norm that the configuration allows.
   *
   * @param squares of those that are gone, summed
   * @return the norm of all
   */
  private double clipped(int step, Batch batch, double squares) {
    double norm = Math.hypot(Gradients.norm(method.trainable().values()), Math.sqrt(squares));
    if (!Double.isFinite(norm)) {
      throw bad(step, batch, "the gradient");
    }
    if (config.clip() > 0 && norm > config.clip()) {
      Gradients.scale(method.trainable().values(), config.clip() / (norm + 1e-6));
    }
    return norm;
  }

  private TrainState validated(TrainState state) {
    List<TokenRow> rows = validation.stream().flatMap(List::stream).toList();
    Objective all = objective.over(model, method, rows, validation.getFirst().size(), padId);
    Engine.giveBackMemory(); // other shapes than a step's would come on top of what it left
    double loss = Validation.loss(model, method, all, validation, padId);
    Engine.giveBackMemory();
    TrainState after = state.validated(loss);
    boolean best = after.bestStep() == after.step();
    if (best && checkpoints != null && config.keepBest()) {
      checkpoints.saveBest(method);
    }
    listener.validated(after.step(), loss, best, all.measures());
    return after;
  }

  private Result finished(Outcome outcome, TrainState state) {
    if (frozen != null) {
      frozen.keepOnly(null);
    }
    if (checkpoints != null && config.keepBest() && !validation.isEmpty()) {
      checkpoints.restoreBest(method);
    }
    return new Result(outcome, state);
  }

  private void save(AdamW optimizer, TrainState state, Thaw thaw) {
    if (checkpoints != null) {
      checkpoints.save(method, optimizer, objective, state);
      thaw.saved();
      listener.checkpointed(state.step());
    }
  }

  private RuntimeException bad(int step, Batch batch, String what) {
    return Diagnosis.of(
        step + 1, batch, model, Pass.plain().with(method), method.trainable(), what);
  }

  /** One seed from three numbers (SplitMix64's finaliser). */
  private static long mixed(long seed, int step, int part) {
    long z = seed * 0x9E3779B97F4A7C15L + step * 0xBF58476D1CE4E5B9L + part * 0x94D049BB133111EBL;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}
