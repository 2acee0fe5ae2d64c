package dev.hone.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.TinyModels;
import dev.hone.method.Full;
import dev.hone.method.Method;
import dev.hone.method.MethodCases;
import dev.hone.method.Methods;
import dev.hone.model.Model;
import dev.hone.model.Pass;
import dev.hone.tensor.Engine;
import dev.hone.tensor.Scope;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Unfreezing in a run: what moves when, what it saves, and that a resumed run is the same. */
class ThawTest {
  private static final int EPOCH = Toy.STEPS_PER_EPOCH;

  /** The same rows in every epoch. */
  private static final BatchPlan PLAN = Toy.plan(step -> TinyModels.rows(100 + step % EPOCH, 4));

  @TempDir Path folder;

  private static TrainConfig config(int steps, double factor, Unfreezing unfreezing) {
    return Toy.config(
        Map.of(
            "steps",
            steps,
            "rate",
            1e-2,
            "schedule",
            TrainConfig.Schedule.CONSTANT,
            "warmup",
            0.0,
            "weightDecay",
            0.0,
            "dropout",
            0.0,
            "checkpointEvery",
            5,
            "layers",
            new LayersConfig(0, new LayerRates.Discriminative(factor), unfreezing)));
  }

  private static Unfreezing gradual(double epochs) {
    return new Unfreezing.Gradual(List.of(epochs), false);
  }

  private static Unfreezing chainThaw(double epochs) {
    return new Unfreezing.ChainThaw(List.of(epochs), false);
  }

  private static Trainer trainer(
      Model model,
      Method method,
      TrainConfig config,
      @Nullable Path run,
      @Nullable FrozenCache frozen,
      TrainListener listener) {
    return new Trainer(
        model,
        method,
        new CausalLmObjective(),
        config,
        PLAN,
        List.of(),
        0,
        42,
        run == null ? null : new Checkpoints(run),
        listener,
        new StopSignal(),
        frozen);
  }

  private static TrainListener each(Consumer<StepReport> action) {
    return new TrainListener() {
      @Override
      public void step(StepReport report) {
        action.accept(report);
      }
    };
  }

  private static Map<String, float[]> values(Method method) {
    Map<String, float[]> values = new LinkedHashMap<>();
    method.trainable().forEach((name, t) -> values.put(name, t.toFloats()));
    return values;
  }

  /** The beginnings of the names of what moved in each epoch. */
  private static List<String> moved(Unfreezing unfreezing, int epochs) {
    List<String> moved = new ArrayList<>();
    try (Model model = TinyModels.llama();
        Full full = new Full(model)) {
      Map<String, float[]> before = values(full);
      TrainListener listener =
          each(
              report -> {
                if (report.step() % EPOCH == 0) {
                  TreeSet<String> names = new TreeSet<>();
                  values(full)
                      .forEach(
                          (name, now) -> {
                            if (TinyModels.distance(now, Objects.requireNonNull(before.get(name)))
                                > 0) {
                              names.add(
                                  name.replaceAll(
                                      "model\\.|layers\\.|\\.(weight|self|in|po|ml).*", ""));
                            }
                          });
                  moved.add(String.join(" ", names));
                  before.putAll(values(full));
                }
              });
      trainer(model, full, config(epochs * EPOCH, 2.6, unfreezing), null, null, listener).run();
    }
    return moved;
  }

  @Test
  void onlyWhatIsThawedMoves() {
    assertEquals(
        List.of("lm_head", "1 lm_head norm", "0 1 lm_head norm", "0 1 embed_tokens lm_head norm"),
        moved(gradual(1), 4));
    assertEquals(
        List.of("lm_head", "embed_tokens", "0", "1 norm", "0 1 embed_tokens lm_head norm"),
        moved(chainThaw(1), 5));
  }

  /** Adam's first step is the rate itself, also for a group that begins late. */
  @Test
  void aGroupThatBeginsLateBeginsWithItsOwnRate() {
    String name = "model.layers.0.mlp.up_proj.weight"; // two groups below the head
    try (Model model = TinyModels.llama();
        Full full = new Full(model)) {
      float[] base = Objects.requireNonNull(values(full).get(name));
      double[] largest = {0};
      TrainListener listener =
          each(
              report -> {
                if (report.step() == 2 * EPOCH + 1) {
                  largest[0] =
                      TinyModels.distance(base, Objects.requireNonNull(values(full).get(name)));
                }
              });
      trainer(model, full, config(2 * EPOCH + 1, 2, gradual(1)), null, null, listener).run();
      assertEquals(1e-2 / 4, largest[0], 1e-5);
    }
  }

  /**
   * A graph begins at the lowest layer that trains, so nothing below it is worked through again.
   */
  @Test
  void belowTheLowestThawedLayerThereIsNoGraph() {
    List<String> graphs = new ArrayList<>();
    try (Model model = TinyModels.llama();
        Full full = new Full(model)) {
      TrainListener listener =
          each(
              report -> {
                if (report.step() % EPOCH == 0) {
                  StringBuilder graph = new StringBuilder();
                  try (Scope scope = Scope.open()) {
                    model
                        .backbone()
                        .forward(
                            TinyModels.inputs(1, 2),
                            Pass.plain()
                                .with(full)
                                .tracing(h -> graph.append(h.requiresGrad() ? '+' : '-')));
                  }
                  graphs.add(graph.toString());
                }
              });
      trainer(model, full, config(4 * EPOCH, 2.6, gradual(1)), null, null, listener).run();
      // After the embeddings, after block 0, after block 1 and the last norm.
      assertEquals(List.of("---", "--+", "-++", "+++"), graphs);
      assertTrue(full.trainable().values().stream().allMatch(t -> t.grad() == null));
    }
  }

  /** Losses by step, and the bytes of the last checkpoint. */
  private record Outcome(Map<Integer, Double> losses, List<byte[]> files) {}

  private static Outcome run(
      TrainConfig config, Path run, @Nullable FrozenCache frozen, int breakAt) throws IOException {
    Map<Integer, Double> losses = new TreeMap<>();
    TrainListener listener =
        each(
            report -> {
              losses.put(report.step(), report.loss());
              if (report.step() == breakAt) {
                throw new IllegalStateException("power cut");
              }
            });
    Engine.seed(3);
    try (Model model = TinyModels.llama();
        Full full = new Full(model)) {
      Trainer trainer = trainer(model, full, config, run, frozen, listener);
      if (breakAt > 0) {
        assertThrows(IllegalStateException.class, trainer::run);
        return new Outcome(losses, List.of());
      }
      trainer.run();
    }
    Path last = run.resolve("step-" + config.steps());
    return new Outcome(
        losses,
        List.of(
            Files.readAllBytes(last.resolve("trainable.safetensors")),
            Files.readAllBytes(last.resolve("optimizer.safetensors"))));
  }

  static Stream<Unfreezing> unfreezings() {
    return Stream.of(gradual(2), chainThaw(1.5));
  }

  /** With dropout off, what is remembered of frozen layers differs by F16's rounding only. */
  @ParameterizedTest
  @MethodSource("unfreezings")
  void whatIsRememberedIsRightWhereverTheBoundaryIs(Unfreezing unfreezing) throws IOException {
    TrainConfig config = config(8 * EPOCH, 2.6, unfreezing);
    FrozenCache frozen = new FrozenCache(folder.resolve("frozen"), "base");
    Map<Integer, Double> plain = run(config, folder.resolve("plain"), null, 0).losses();
    Map<Integer, Double> cached = run(config, folder.resolve("cached"), frozen, 0).losses();
    plain.forEach(
        (step, loss) ->
            assertEquals(loss, Objects.requireNonNull(cached.get(step)), 2e-2, "step " + step));
    assertFalse(plain.equals(cached), "the cache was used");
    assertFalse(Files.exists(frozen.folder()), "nothing is left of it");
  }

  /** Broken off all over the run, with what was remembered ahead of the checkpoint or behind it. */
  @ParameterizedTest
  @MethodSource("unfreezings")
  void aRunThatWasBrokenOffGoesOnToTheBit(Unfreezing unfreezing) throws IOException {
    TrainConfig config = config(8 * EPOCH, 2.6, unfreezing);
    Path straightly = folder.resolve("straight");
    Outcome straight = run(config, straightly, new FrozenCache(folder.resolve("one"), "base"), 0);
    for (int at = 1; at < 8 * EPOCH; at += 7) {
      Path broken = folder.resolve("at-" + at);
      FrozenCache frozen = new FrozenCache(broken.resolve("frozen"), "base");
      run(config, broken.resolve("run"), frozen, at);
      Outcome resumed = run(config, broken.resolve("run"), frozen, 0);
      resumed
          .losses()
          .forEach((step, loss) -> assertEquals(straight.losses().get(step), loss, "step " + step));
      for (int i = 0; i < 2; i++) {
        assertArrayEquals(straight.files().get(i), resumed.files().get(i), "broken off at " + at);
      }
    }
  }

  static Stream<MethodCases.Case> adapters() {
    return MethodCases.peft().filter(c -> c.model().contains("CausalLM"));
  }

  /** Adapters thaw as parameters do. */
  @ParameterizedTest
  @MethodSource("adapters")
  void everyMethodThaws(MethodCases.Case c) {
    List<String> notes = new ArrayList<>();
    TrainListener listener =
        new TrainListener() {
          @Override
          public void note(String line) {
            notes.add(line);
          }
        };
    try (Model model = TinyModels.random(c.model())) {
      Engine.seed(1);
      try (Method method = Methods.attach(c.config(), model)) {
        trainer(model, method, config(4 * EPOCH, 2.6, gradual(1)), null, null, listener).run();
        assertTrue(method.trainable().values().stream().allMatch(t -> t.requiresGrad()));
      }
    }
    assertTrue(notes.stream().noneMatch(n -> n.contains("the run ends before")), notes.toString());
  }

  /** The rates of a triangle from 1 to 32 and back, in millionths. */
  private static List<Double> rates(boolean restart) {
    List<Double> rates = new ArrayList<>();
    Unfreezing twice = new Unfreezing.Gradual(List.of(2.0), restart);
    TrainConfig config =
        Toy.config(
            Map.of(
                "steps",
                24,
                "rate",
                32e-6,
                "schedule",
                TrainConfig.Schedule.SLANTED_TRIANGULAR,
                "slanted",
                new SlantConfig(0.5, 32),
                "layers",
                new LayersConfig(0, new LayerRates.Uniform(), twice)));
    try (Model model = TinyModels.llama();
        Full full = new Full(model)) {
      trainer(model, full, config, null, null, each(r -> rates.add(1e6 * r.rate()))).run();
    }
    return rates;
  }

  @Test
  void theCourseOfTheRateMayBeginAnewWithEachGroup() {
    List<Double> whole = rates(false);
    List<Double> anew = rates(true);
    assertEquals(1, whole.get(0), 1e-9);
    assertEquals(32, whole.get(12), 1e-9, "the top of one triangle");
    assertEquals(1, anew.get(12), 1e-9, "the foot of the second");
    assertEquals(32, anew.get(6), 1e-9);
    assertEquals(32, anew.get(18), 1e-9);
  }
}
