package dev.hone.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.TinyModels;
import dev.hone.data.TokenRow;
import dev.hone.error.HoneException;
import dev.hone.method.Full;
import dev.hone.method.FullConfig;
import dev.hone.method.Method;
import dev.hone.method.MethodConfig;
import dev.hone.method.Methods;
import dev.hone.method.lora.Lora;
import dev.hone.method.lora.LoraConfig;
import dev.hone.model.Model;
import dev.hone.store.TensorFile;
import dev.hone.tensor.Engine;
import dev.hone.tensor.Scope;
import dev.hone.tensor.Tensors;
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

  private static Process child(String... arguments) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xms64m",
                "-Xmx64m",
                "-XX:+AlwaysPreTouch",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-cp",
                System.getProperty("java.class.path"),
                ChildRun.class.getName()));
    command.addAll(List.of(arguments));
    return new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
  }

  /** kill -9 at a random step, with a checkpoint written at every other one. */
  @Test
  void aKilledRunGoesOnAsIfNothingHadBeen() throws Exception {
    Path straight = folder.resolve("straight");
    Map<Integer, Double> whole = ChildRun.run(straight, report -> {});
    int last = ChildRun.STEPS - 5;
    int at = 3 + new Random().nextInt(last); // the first checkpoint follows the report of step 2
    Path killed = folder.resolve("killed");
    Process process = child("train", killed.toString());
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
    Process process = child("memory");
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

  /** Everything below the folder that holds tensors, and each of them finite. */
  private void assertFinite(int checkpoint) throws IOException {
    try (Stream<Path> all = Files.walk(folder);
        Scope scope = Scope.open()) {
      List<Path> files = all.filter(Files::isRegularFile).toList();
      assertTrue(files.stream().anyMatch(f -> f.toString().contains("step-" + checkpoint + "/")));
      for (Path file : files) {
        assertFalse(file.toString().contains(".part"), file.toString());
        if (file.toString().endsWith(".safetensors")) {
          TensorFile.read(file)
              .forEach((name, t) -> assertTrue(t.isFinite(), () -> file + ": " + name));
        }
      }
    }
  }

  private HoneException broken(Case c, Map<String, Object> changes) {
    return assertThrows(
        HoneException.class,
        () ->
            c.run(
                Toy.config(changes),
                List.of(),
                folder,
                new Losses(0, () -> {}),
                new StopSignal(),
                1));
  }

  @Test
  void aRateThatBlowsTheModelUpStopsTheRun() throws IOException {
    Case c = new Case("full", TinyModels.gpt2Config("{}"), FullConfig.defaults(), 0);
    Map<String, Object> mad =
        Map.of("steps", 9, "rate", 1e30, "warmup", 0.0, "checkpointEvery", 1, "weightDecay", 0.0);
    for (int i = 0; i < 2; i++) { // the second time from the checkpoint
      String message = String.valueOf(broken(c, mad).getMessage());
      assertTrue(message.startsWith("step 2: the loss is not finite"), message);
      assertTrue(message.contains("output of layer 1"), message);
      assertTrue(message.contains("; rows: rows.jsonl:"), message);
      assertTrue(message.contains("rows.jsonl:1") && message.contains("rows.jsonl:2"), message);
      assertFinite(1);
    }
  }

  /** The step itself makes infinities: they never reach a file. */
  @Test
  void weightsThatOverflowAreNeverSaved() throws IOException {
    Case c = new Case("full", TinyModels.gpt2Config("{}"), FullConfig.defaults(), 0);
    Map<String, Object> sane = Map.of("steps", 2, "rate", 1e-3, "checkpointEvery", 1);
    c.run(Toy.config(sane), List.of(), folder, new Losses(0, () -> {}), new StopSignal(), 1);
    String message =
        String.valueOf(
            broken(c, Map.of("steps", 9, "rate", 1e39, "warmup", 0.0, "checkpointEvery", 1))
                .getMessage());
    assertTrue(message.contains("step-3"), message);
    assertTrue(message.contains("transformer."), message);
    assertFinite(2);
    Trainer.Result result =
        c.run(
            Toy.config(Map.of("steps", 4, "rate", 1e-3)),
            List.of(),
            folder,
            new Losses(0, () -> {}),
            new StopSignal(),
            1);
    assertEquals(4, result.state().step());
  }

  @Test
  void aPoisonedRowIsNamed() throws IOException {
    String json = TinyModels.gpt2Config("{'tie_word_embeddings': false}");
    TokenRow poisoned =
        new TokenRow(
            new int[] {1, 95, 3, 4},
            new boolean[] {false, true, true, true},
            0,
            "poisoned.jsonl:7");
    BatchPlan plan =
        Toy.plan(
            step -> {
              List<TokenRow> rows = new ArrayList<>();
              for (TokenRow row : TinyModels.rows(step, 4)) {
                int[] ids =
                    java.util.Arrays.stream(row.ids()).map(id -> Math.min(id, 94)).toArray();
                rows.add(new TokenRow(ids, row.learned(), 0, row.origin()));
              }
              if (step == 3) {
                rows.set(2, poisoned);
              }
              return rows;
            });
    for (int micro : new int[] {0, 1}) {
      try (Model model = TinyModels.random(json);
          Lora lora = Lora.attach(LORA, model)) {
        try (Scope scope = Scope.open()) {
          model
              .parameters()
              .getFirst()
              .value()
              .narrow(0, 95, 1)
              .copyFrom(Tensors.full(3e38, 1, 32));
        }
        TrainConfig config =
            Toy.config(Map.of("steps", 9, "microBatch", micro, "checkpointEvery", 1));
        Trainer trainer =
            Toy.with(
                Toy.with(Toy.trainer(model, lora, config, new TrainListener() {}), plan),
                List.of(),
                folder,
                new StopSignal());
        String message =
            String.valueOf(assertThrows(HoneException.class, trainer::run).getMessage());
        assertTrue(message.startsWith("step 4"), message);
        assertTrue(message.contains("poisoned.jsonl:7"), message);
        assertTrue(message.contains("output of layer 1"), message);
        assertEquals(micro == 0, message.contains("rows.jsonl:1"), message);
        assertFinite(3);
      }
    }
  }
}
