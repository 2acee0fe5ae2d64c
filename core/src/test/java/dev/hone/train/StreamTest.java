package dev.hone.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.TinyModels;
import dev.hone.data.Batch;
import dev.hone.data.TokenRow;
import dev.hone.error.HoneException;
import dev.hone.method.Full;
import dev.hone.model.Adapter;
import dev.hone.model.Inputs;
import dev.hone.model.Model;
import dev.hone.model.Pass;
import dev.hone.tensor.Engine;
import dev.hone.tensor.GradMode;
import dev.hone.tensor.NativeMemory;
import dev.hone.tensor.Scope;
import dev.hone.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A text in lanes, with what the model remembers carried from row to row. */
class StreamTest {
  private static final String CONFIG = TinyModels.awdLstmConfig("{}");

  @TempDir Path folder;

  private static TokenRow row(int[] ids) {
    boolean[] learned = new boolean[ids.length];
    Arrays.fill(learned, true);
    return new TokenRow(ids, learned, -1, "text");
  }

  /** A text in rows of seven tokens, each beginning with the last of the one before. */
  private static List<TokenRow> rows(int[] text) {
    List<TokenRow> rows = new ArrayList<>();
    for (int from = 0; from + 1 < text.length; from += 6) {
      rows.add(row(Arrays.copyOfRange(text, from, Math.min(text.length, from + 7))));
    }
    return rows;
  }

  private static int[] text(int length) {
    return new Random(4).ints(length, 1, TinyModels.VOCAB).toArray();
  }

  private static double value(Objective objective, Model model, List<TokenRow> rows) {
    try (Scope scope = Scope.open();
        GradMode off = GradMode.off()) {
      return objective.value(model, Pass.plain(), Batch.of(rows, 0));
    }
  }

  @ParameterizedTest
  @CsvSource({"12, 3, 4", "13, 3, 5", "2, 3, 1", "7, 7, 1", "5, 1, 5"})
  void everyRowIsInOneLane(int count, int lanes, int steps) {
    List<TokenRow> rows = rows(text(6 * count + 1));
    Lanes plan = Lanes.of(rows, lanes);
    assertEquals(steps, plan.stepsPerEpoch());
    List<TokenRow> all = plan.steps().stream().flatMap(List::stream).toList();
    assertEquals(count, all.size());
    assertEquals(new HashSet<>(rows), new HashSet<>(all));
    assertEquals(plan.rows(0), plan.rows(steps));
    for (int step = 1; step < steps; step++) {
      for (int lane = 0; lane < plan.rows(step).size(); lane++) {
        TokenRow before = plan.rows(step - 1).get(lane);
        assertEquals(rows.indexOf(before) + 1, rows.indexOf(plan.rows(step).get(lane)));
      }
    }
  }

  /** Two parts of a step give the gradient that the engine finds for the whole sum. */
  @Test
  void activationsAreLearnedBesideTheText() {
    List<TokenRow> rows = rows(text(25));
    try (Scope scope = Scope.open();
        Model model = TinyModels.random(CONFIG);
        Full full = new Full(model)) {
      Pass pass = Pass.plain().with(full);
      Batch whole = Batch.of(rows, 0);
      double factor = 1.0 / whole.learnedTokens();
      StreamObjective stream = new StreamObjective(rows, new ActivationConfig(2, 1));
      Objective step = stream.over(model, full, rows, 2, 0);
      double told = 0;
      for (List<TokenRow> part : List.of(rows.subList(0, 2), rows.subList(2, 4))) {
        told += step.learn(model, pass, Batch.of(part, 0), 0, factor);
      }
      Map<String, float[]> learned = gradients(full);
      full.trainable().values().forEach(Tensor::clearGrad);

      Tensor hidden =
          model.backbone().forward(Inputs.of(Inputs.of(whole).ids().narrow(1, 0, 6)), pass);
      Tensor change = hidden.narrow(1, 1, 5).sub(hidden.narrow(1, 0, 5));
      Tensor loss = new StreamObjective(List.of()).lossSum(model, pass, whole, 0).mul(factor);
      assertEquals(loss.item(), told * factor, 1e-6);
      loss.add(hidden.mul(hidden).mean().mul(2)).add(change.mul(change).mean()).backward();
      gradients(full).forEach((name, g) -> assertArrayEquals(g, learned.get(name), 1e-6f, name));
    }
  }

  private static Map<String, float[]> gradients(Full full) {
    Map<String, float[]> gradients = new TreeMap<>();
    full.trainable()
        .forEach((name, p) -> gradients.put(name, Objects.requireNonNull(p.grad()).toFloats()));
    return gradients;
  }

  @Test
  void rowsWithWhatIsRememberedAreTheTextInOne() {
    String strong = TinyModels.awdLstmConfig("{'initializer_range': 0.7}");
    try (Model model = TinyModels.random(strong)) {
      int[] text = text(64);
      double whole = value(new CausalLmObjective(), model, List.of(row(text)));
      long before = NativeMemory.objects();
      StreamObjective stream = new StreamObjective(rows(text));
      double sum = 0;
      double forgetful = 0;
      for (TokenRow row : rows(text)) {
        sum += value(stream, model, List.of(row));
        forgetful += value(new CausalLmObjective(), model, List.of(row));
      }
      assertEquals(whole, sum, 1e-3);
      assertNotEquals(whole, forgetful, 1e-1);
      assertEquals(before, NativeMemory.objects());

      // Two lanes are two texts, and validation begins anew each time.
      List<TokenRow> rows = rows(text(12 * 6 + 1));
      double halves =
          value(new CausalLmObjective(), model, List.of(row(Arrays.copyOf(text(73), 37))))
              + value(
                  new CausalLmObjective(),
                  model,
                  List.of(row(Arrays.copyOfRange(text(73), 36, 73))));
      List<List<TokenRow>> batches = Lanes.of(rows, 2).steps();
      for (int i = 0; i < 2; i++) {
        Objective again = stream.over(model, Adapter.NONE, rows, 2, 0);
        assertEquals(halves / 72, Validation.loss(model, Adapter.NONE, again, batches, 0), 1e-5);
      }
    }
  }

  /** The gradients of two steps of four lanes; the state of the first matters to the second. */
  private static Map<String, float[]> gradients(int part) {
    List<TokenRow> rows = rows(text(8 * 6 + 1));
    List<List<TokenRow>> steps = Lanes.of(rows, 4).steps();
    StreamObjective stream = new StreamObjective(rows);
    try (Model model = TinyModels.random(CONFIG);
        Full full = new Full(model)) {
      for (List<TokenRow> step : steps) {
        full.trainable().values().forEach(Tensor::clearGrad);
        Objective over = stream.over(model, full, step, part, 0);
        for (int from = 0; from < step.size(); from += part) {
          try (Scope scope = Scope.open();
              GradMode on = GradMode.on()) {
            Batch batch = Batch.of(step.subList(from, Math.min(4, from + part)), 0);
            over.learn(model, Pass.plain().with(full), batch, 0, 0.1);
          }
        }
        // A validation in between leaves what is remembered as it was.
        List<TokenRow> other = rows(text(20));
        try (Scope scope = Scope.open();
            GradMode off = GradMode.off()) {
          stream
              .over(model, full, other, 1, 0)
              .value(model, Pass.plain(), Batch.of(other.subList(0, 1), 0));
        }
      }
      Map<String, float[]> gradients = new TreeMap<>();
      try (Scope scope = Scope.open()) {
        full.trainable()
            .forEach(
                (name, t) -> {
                  Tensor grad = t.grad();
                  gradients.put(name, grad == null ? new float[0] : grad.toFloats());
                });
      }
      return gradients;
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void partsOfAStepAddUpToTheSame(int part) {
    Map<String, float[]> whole = gradients(4);
    Map<String, float[]> parts = gradients(part);
    whole.forEach((name, grad) -> assertArrayEquals(grad, parts.get(name), 1e-5f, name));
  }

  private Map<Integer, Double> run(Path into, int steps, int breakAt, long start) {
    Map<Integer, Double> losses = new TreeMap<>();
    List<TokenRow> rows = rows(text(21 * 6 + 1));
    TrainConfig config =
        Toy.config(
            Map.of(
                "steps",
                steps,
                "microBatch",
                2,
                "rate",
                3e-3,
                "checkpointEvery",
                4,
                "evaluateEvery",
                3));
    try (Model model = TinyModels.random(CONFIG)) {
      Engine.seed(start);
      try (Full full = new Full(model)) {
        new Trainer(
                model,
                full,
                new StreamObjective(rows),
                config,
                Lanes.of(rows, 3),
                Lanes.of(rows(text(40)), 2).steps(),
                0,
                42,
                new Checkpoints(into),
                new TrainListener() {
                  @Override
                  public void step(StepReport report) {
                    losses.put(report.step(), report.loss());
                    if (report.step() == breakAt) {
                      throw new IllegalStateException("power cut");
                    }
                  }
                },
                new StopSignal())
            .run();
      }
    }
    return losses;
  }

  /** Seven steps an epoch, so that the checkpoints of 4 and 8 lie in its middle; with dropout. */
  @Test
  void aBrokenRunGoesOnToTheBit() throws IOException {
    Path straight = folder.resolve("straight");
    Path broken = folder.resolve("broken");
    Map<Integer, Double> whole = run(straight, 12, 0, 1);
    assertThrows(IllegalStateException.class, () -> run(broken, 12, 6, 1));
    Map<Integer, Double> rest = run(broken, 12, 0, 99);
    assertEquals(5, rest.keySet().iterator().next());
    rest.forEach((step, loss) -> assertEquals(whole.get(step), loss, "step " + step));
    for (String name :
        List.of("trainable.safetensors", "optimizer.safetensors", "carried.safetensors")) {
      assertArrayEquals(
          Files.readAllBytes(straight.resolve("step-12").resolve(name)),
          Files.readAllBytes(broken.resolve("step-12").resolve(name)),
          name);
    }
    List<Double> losses = List.copyOf(whole.values());
    assertTrue(losses.getLast() < losses.getFirst(), whole.toString());
  }

  /** What batch norms have seen is a part of the run, and of the model that it leaves. */
  @Test
  void batchNormsLearnAndResume() throws IOException {
    TrainConfig config =
        Toy.config(Map.of("steps", 8, "rate", 3e-3, "checkpointEvery", 4, "microTokens", 8));
    List<float[]> means = new ArrayList<>();
    for (int steps : new int[] {8, 5, 8}) {
      Path into = folder.resolve(means.isEmpty() ? "straight" : "broken");
      try (Model model = TinyModels.random(TinyModels.awdLstmClassifier());
          Full full = new Full(model)) {
        Trainer plain =
            Toy.with(
                Toy.trainer(
                    model,
                    full,
                    config,
                    new TrainListener() {
                      @Override
                      public void step(StepReport report) {
                        if (report.step() == steps && steps < 8) {
                          throw new IllegalStateException("power cut");
                        }
                      }
                    }),
                new ClassificationObjective());
        Trainer trainer = Toy.with(plain, List.of(), into, new StopSignal());
        if (steps < 8) {
          assertThrows(IllegalStateException.class, trainer::run);
          continue;
        }
        trainer.run();
        Map<String, Tensor> merged = full.merged();
        means.add(
            Objects.requireNonNull(merged.get("classifier.pooled_norm.running_mean")).toFloats());
        float[] base =
            model.parameters().stream()
                .filter(p -> p.name().equals("classifier.pooled_norm.running_mean"))
                .findFirst()
                .orElseThrow()
                .value()
                .toFloats();
        assertTrue(TinyModels.distance(base, means.getLast()) > 1e-3);
        merged.values().forEach(Tensor::close);
      }
    }
    assertArrayEquals(means.get(0), means.get(1));
    assertArrayEquals(
        Files.readAllBytes(folder.resolve("straight/step-8/trainable.safetensors")),
        Files.readAllBytes(folder.resolve("broken/step-8/trainable.safetensors")));
  }

  @Test
  void rowsThatLookAtEachOtherAreNotComputedInParts() {
    TrainConfig config = Toy.config(Map.of("steps", 1, "microBatch", 2));
    try (Model model = TinyModels.random(TinyModels.awdLstmClassifier());
        Full full = new Full(model)) {
      Trainer trainer =
          Toy.with(
              Toy.trainer(model, full, config, new TrainListener() {}),
              new ClassificationObjective());
      var refused = assertThrows(HoneException.class, trainer::run);
      assertTrue(String.valueOf(refused.getMessage()).contains("train.microBatch"));
    }
  }
}
