package dev.hone.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.ChildJvm;
import dev.hone.TinyModels;
import dev.hone.data.TokenRow;
import dev.hone.error.HoneException;
import dev.hone.method.Full;
import dev.hone.method.FullConfig;
import dev.hone.method.Method;
import dev.hone.method.MethodConfig;
import dev.hone.method.Methods;
import dev.hone.method.lora.LoraConfig;
import dev.hone.model.Model;
import dev.hone.tensor.Engine;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A run that was stopped, killed or broken off goes on as if nothing had been. */
class ResumeTest {
  private static final LoraConfig LORA =
      new LoraConfig(4, 8, 0.1, List.of("all-linear"), false, List.of(), Map.of(), Map.of());

  @TempDir Path folder;

  /** Remembers the losses, and does something at a step. */
  private static final class Losses implements TrainListener {
    final Map<Integer, Double> losses = new TreeMap<>();
    private final int at;
    private final Runnable action;

    Losses(int at, Runnable action) {
      this.at = at;
      this.action = action;
    }

    @Override
    public void step(StepReport report) {
      losses.put(report.step(), report.loss());
      if (report.step() == at) {
        action.run();
      }
    }
  }

  private record Case(String name, String model, MethodConfig method, double dropout) {
    @Override
    public String toString() {
      return name;
    }

    /** Every start makes the same base and another adapter, which the checkpoint must replace. */
    Trainer.Result run(
        TrainConfig config,
        List<TokenRow> validation,
        Path folder,
        TrainListener listener,
        StopSignal stop,
        long start) {
      try (Model base = TinyModels.random(model)) {
        Engine.seed(start);
        try (Method attached = Methods.attach(method, base)) {
          return Toy.with(Toy.trainer(base, attached, config, listener), validation, folder, stop)
              .run();
        }
      }
    }
  }

  static Stream<Case> cases() {
    return Stream.of(
        new Case("full llama", TinyModels.llamaConfig("{}"), FullConfig.defaults(), 0),
        new Case("full gpt2 with dropout", TinyModels.gpt2Config("{}"), FullConfig.defaults(), 0.1),
        new Case("lora gpt2 with dropout", TinyModels.gpt2Config("{}"), LORA, 0.1));
  }

  private static TrainConfig config(Case c) {
    return Toy.config(
        Map.of(
            "steps",
            12,
            "microBatch",
            3,
            "rate",
            3e-3,
            "dropout",
            c.dropout,
            "checkpointEvery",
            6,
            "evaluateEvery",
            4));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void sixAndSixStepsAreTwelve(Case c) throws IOException {
    List<TokenRow> validation = TinyModels.rows(1, 3);
    Losses whole = new Losses(0, () -> {});
    Path straight = folder.resolve("straight");
    c.run(config(c), validation, straight, whole, new StopSignal(), 1);
    assertEquals(12, whole.losses.size());

    // Broken off after step 8, two steps after the checkpoint.
    Path broken = folder.resolve("broken");
    Losses first =
        new Losses(
            8,
            () -> {
              throw new IllegalStateException("power cut");
            });
    assertThrows(
        IllegalStateException.class,
        () -> c.run(config(c), validation, broken, first, new StopSignal(), 1));
    Losses second = new Losses(0, () -> {});
    c.run(config(c), validation, broken, second, new StopSignal(), 99);
    assertEquals(7, second.losses.keySet().iterator().next());
    assertSameRun(whole, straight, second, broken);
    first.losses.putAll(second.losses);
    assertEquals(whole.losses, first.losses);

    // Asked to stop after step 5, where no checkpoint was due.
    Path stopped = folder.resolve("stopped");
    StopSignal stop = new StopSignal();
    Losses third = new Losses(5, stop::request);
    Trainer.Result result = c.run(config(c), validation, stopped, third, stop, 1);
    assertEquals(Trainer.Outcome.INTERRUPTED, result.outcome());
    assertEquals(5, result.state().step());
    Losses fourth = new Losses(0, () -> {});
    c.run(config(c), validation, stopped, fourth, new StopSignal(), 98);
    assertEquals(6, fourth.losses.keySet().iterator().next());
    assertSameRun(whole, straight, fourth, stopped);
  }

  private static void assertSameRun(Losses whole, Path straight, Losses part, Path resumed)
      throws IOException {
    part.losses.forEach((step, loss) -> assertEquals(whole.losses.get(step), loss, "step " + step));
    assertSameFiles(straight, resumed, 12);
  }

  /** Weights, moments and state of the last checkpoint, and the best weights, byte for byte. */
  private static void assertSameFiles(Path expected, Path actual, int step) throws IOException {
    List<String> names = new ArrayList<>();
    for (String name : List.of("trainable.safetensors", "optimizer.safetensors", "state.json")) {
      names.add("step-" + step + "/" + name);
    }
    if (Files.exists(expected.resolve("best.safetensors"))) {
      names.add("best.safetensors");
    }
    for (String name : names) {
      assertArrayEquals(
          Files.readAllBytes(expected.resolve(name)),
          Files.readAllBytes(actual.resolve(name)),
          name);
    }
  }

  @Test
  void aRunThatIsOverIsOver() {
    Case c = cases().findFirst().orElseThrow();
    c.run(config(c), List.of(), folder, new Losses(0, () -> {}), new StopSignal(), 1);
    Losses again = new Losses(0, () -> {});
    Trainer.Result result = c.run(config(c), List.of(), folder, again, new StopSignal(), 1);
    assertEquals(Trainer.Outcome.FINISHED, result.outcome());
    assertEquals(Map.of(), again.losses);
  }

  @Test
  void aCheckpointOfAnotherMethodIsRefused() {
    Case c = cases().findFirst().orElseThrow();
    c.run(config(c), List.of(), folder, new Losses(0, () -> {}), new StopSignal(), 1);
    Case other = new Case("lora", c.model, LORA, 0);
    HoneException refused =
        assertThrows(
            HoneException.class,
            () ->
                other.run(
                    config(c), List.of(), folder, new Losses(0, () -> {}), new StopSignal(), 1));
    assertTrue(String.valueOf(refused.getMessage()).contains("trainable.safetensors"));
    Case wider = new Case("wide", TinyModels.llamaConfig("{'intermediate_size': 64}"), c.method, 0);
    HoneException shape =
        assertThrows(
            HoneException.class,
            () ->
                wider.run(
                    config(c), List.of(), folder, new Losses(0, () -> {}), new StopSignal(), 1));
    assertTrue(String.valueOf(shape.getMessage()).contains("trainable.safetensors"));
  }

  /** kill -9 at a random step, with a checkpoint written at every other one. */
  @Test
  void aKilledRunGoesOnAsIfNothingHadBeen() throws Exception {
    Path straight = folder.resolve("straight");
    Map<Integer, Double> whole = ChildRun.run(straight, report -> {});
    int last = ChildRun.STEPS - 5;
    int at = 3 + new Random().nextInt(last); // the first checkpoint follows the report of step 2
    Path killed = folder.resolve("killed");
    Process process = ChildJvm.start(ChildRun.class, "train", killed.toString());
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (Integer.parseInt(line) >= at) {
          process.destroyForcibly();
          break;
        }
      }
    }
    assertEquals(128 + 9, process.waitFor(), "killed by signal 9 at step " + at);
    Map<Integer, Double> rest = ChildRun.run(killed, report -> {});
    assertTrue(rest.size() < ChildRun.STEPS, "resumed, not begun anew, after step " + at);
    rest.forEach((step, loss) -> assertEquals(whole.get(step), loss, "step " + step));
    assertSameFiles(straight, killed, ChildRun.STEPS);
  }

  /** Resident memory after step 100 and after step 1,000, where nothing but scopes frees it. */
  @Test
  void memoryDoesNotGrow() throws Exception {
    Process process = ChildJvm.start(ChildRun.class, "memory");
    List<String> lines = process.inputReader().lines().toList();
    assertEquals(0, process.waitFor());
    Map<String, Long> numbers = new HashMap<>();
    lines.forEach(l -> numbers.put(l.split(" ")[0], Long.valueOf(l.split(" ")[1])));
    long early = numbers.getOrDefault("resident-100", 0L);
    long late = numbers.getOrDefault("resident-1000", 0L);
    assertTrue(early > 0 && late < early * 1.01, lines.toString());
  }

  /** Random rows cannot be learned: what is won on some is lost on the others. */
  private static TrainConfig early() {
    return Toy.config(
        Map.of(
            "steps",
            60,
            "rate",
            1e-1,
            "warmup",
            0.0,
            "evaluateEvery",
            2,
            "patience",
            3,
            "checkpointEvery",
            50,
            "dropout",
            0.0));
  }

  @Test
  void earlyStoppingDoesNotForget() throws IOException {
    Case c = new Case("lora", TinyModels.llamaConfig("{}"), LORA, 0);
    List<TokenRow> validation = TinyModels.rows(5, 4);
    Path straight = folder.resolve("straight");
    Trainer.Result whole =
        c.run(early(), validation, straight, new Losses(0, () -> {}), new StopSignal(), 1);
    assertEquals(Trainer.Outcome.EARLY_STOPPED, whole.outcome());
    int end = whole.state().step();
    assertEquals(whole.state().bestStep() + 6, end);
    for (int at = 1; at <= end; at++) {
      Path restarted = folder.resolve("at-" + at);
      StopSignal stop = new StopSignal();
      c.run(early(), validation, restarted, new Losses(at, stop::request), stop, 1);
      Losses rest = new Losses(0, () -> {});
      Trainer.Result result = c.run(early(), validation, restarted, rest, new StopSignal(), 7);
      assertEquals(whole, result, "restarted at " + at);
      assertEquals(end - at, rest.losses.size(), "steps after a restart at " + at);
      assertSameFiles(straight, restarted, end);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void theBestWeightsAreDelivered(boolean best) {
    List<TokenRow> validation = TinyModels.rows(5, 4);
    Map<String, Object> changes =
        new HashMap<>(
            Map.of("steps", 8, "rate", 1e-1, "warmup", 0.0, "evaluateEvery", 2, "keepBest", best));
    double[] lastLoss = {0};
    TrainListener listener =
        new TrainListener() {
          @Override
          public void validated(int step, double loss, boolean isBest) {
            lastLoss[0] = loss;
          }
        };
    try (Model model = TinyModels.llama();
        Method method = new Full(model)) {
      Trainer trainer =
          Toy.with(
              Toy.trainer(model, method, Toy.config(changes), listener),
              validation,
              folder,
              new StopSignal());
      Trainer.Result result = trainer.run();
      double delivered =
          Validation.loss(model, method, new CausalLmObjective(), trainer.validation(), 0);
      assertTrue(lastLoss[0] > result.state().bestLoss(), "the last weights must not be the best");
      assertEquals(best ? result.state().bestLoss() : lastLoss[0], delivered);
    }
  }
}
