package dev.hone.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.TinyModels;
import dev.hone.data.Batch;
import dev.hone.data.TokenRow;
import dev.hone.error.HoneException;
import dev.hone.method.Full;
import dev.hone.method.Method;
import dev.hone.model.Adapter;
import dev.hone.model.Model;
import dev.hone.model.Pass;
import dev.hone.tensor.NativeMemory;
import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OutOfMemoryTest {

  /**
   * Asks the engine for more than any machine has, when it has learned what it was given: the error
   * is the engine's own, and gradients are there by then.
   */
  private record Hungry(Objective words, Predicate<Batch> when) implements Objective {
    @Override
    public long count(Batch batch) {
      return words.count(batch);
    }

    @Override
    public Objective over(Model model, Adapter adapter, List<TokenRow> rows, int part, long padId) {
      return new Hungry(words.over(model, adapter, rows, part, padId), when);
    }

    @Override
    public Tensor lossSum(Model model, Pass pass, Batch batch, double smoothing) {
      return words.lossSum(model, pass, batch, smoothing);
    }

    @Override
    public double learn(Model model, Pass pass, Batch batch, double smoothing, double factor) {
      double loss = words.learn(model, pass, batch, smoothing, factor);
      return when.test(batch) ? loss + Tensors.zeros(1L << 50).sum().item() : loss;
    }
  }

  private static final class Heard implements TrainListener {
    final List<StepReport> steps = new ArrayList<>();
    final List<String> notes = new ArrayList<>();

    @Override
    public void step(StepReport report) {
      steps.add(report);
    }

    @Override
    public void note(String line) {
      notes.add(line);
    }
  }

  /** Small steps by a plain rule, so that weights differ by no more than their gradients. */
  private static TrainConfig config(int microTokens) {
    Map<String, Object> changes = new HashMap<>();
    changes.put("steps", 3);
    changes.put("microTokens", microTokens);
    changes.put("rate", 1e4);
    changes.put("epsilon", 1e6);
    changes.put("warmup", 0.0);
    changes.put("weightDecay", 0.0);
    changes.put("dropout", 0.0);
    return Toy.config(changes);
  }

  private static Map<String, float[]> trained(
      TrainConfig config, BatchPlan plan, String json, Objective objective, Heard heard) {
    try (Model model = TinyModels.random(json);
        Method method = new Full(model)) {
      Trainer trainer = Toy.trainer(model, method, config, heard);
      Toy.with(Toy.with(trainer, plan), objective).run();
      Map<String, float[]> values = new HashMap<>();
      method.trainable().forEach((name, tensor) -> values.put(name, tensor.toFloats()));
      return values;
    }
  }

  private static void assertSameWeights(
      Map<String, float[]> expected, Map<String, float[]> actual) {
    expected.forEach(
        (name, values) ->
            assertEquals(
                0,
                TinyModels.distance(values, Objects.requireNonNull(actual.get(name))),
                2e-6,
                name));
  }

  private static final BatchPlan PLAN = Toy.plan(step -> TinyModels.rows(10 + step, 8));

  @ParameterizedTest
  @CsvSource({"0, 40", "0, 12", "64, 24"})
  void aStepThatFindsNoRoomIsDoneInSmallerParts(int microTokens, int room) {
    Heard calm = new Heard();
    Heard heard = new Heard();
    String json = TinyModels.llamaConfig("{}");
    Map<String, float[]> expected =
        trained(config(microTokens), PLAN, json, new CausalLmObjective(), calm);
    long before = NativeMemory.objects();
    Map<String, float[]> actual =
        trained(
            config(microTokens),
            PLAN,
            json,
            new Hungry(new CausalLmObjective(), b -> b.rows() > 1 && b.rows() * b.width() > room),
            heard);
    assertEquals(before, NativeMemory.objects());
    assertEquals(List.of(), calm.notes);
    assertTrue(heard.notes.getFirst().startsWith("step 1: "), heard.notes.toString());
    assertTrue(heard.notes.getFirst().contains("train.microTokens="), heard.notes.toString());
    for (int step = 0; step < 3; step++) {
      assertEquals(calm.steps.get(step).loss(), heard.steps.get(step).loss(), 1e-5);
      assertEquals(1, heard.steps.get(step).gradNorm() / calm.steps.get(step).gradNorm(), 1e-5);
    }
    assertSameWeights(expected, actual);
  }

  @Test
  void whatTheFirstPartsHadCollectedIsForgotten() {
    int[] parts = {0};
    Heard heard = new Heard();
    String json = TinyModels.llamaConfig("{}");
    Map<String, float[]> expected =
        trained(config(40), PLAN, json, new CausalLmObjective(), new Heard());
    Map<String, float[]> actual =
        trained(
            config(40),
            PLAN,
            json,
            new Hungry(new CausalLmObjective(), b -> ++parts[0] == 2),
            heard);
    assertEquals(1, heard.notes.size(), heard.notes.toString());
    assertSameWeights(expected, actual);
  }

  @Test
  void aStreamGoesOnFromWhereTheStepBegan() {
    String json = TinyModels.awdLstmConfig("{}");
    List<TokenRow> rows = new ArrayList<>();
    for (int r = 0; r < 12; r++) {
      boolean[] learned = new boolean[7];
      Arrays.fill(learned, true);
      int first = r;
      int[] ids = new int[7];
      Arrays.setAll(ids, t -> 1 + (31 * first + 7 * t) % (TinyModels.VOCAB - 1));
      rows.add(new TokenRow(ids, learned, -1, "text"));
    }
    Lanes lanes = Lanes.of(rows, 4);
    int[] parts = {0};
    Map<String, float[]> expected =
        trained(config(0), lanes, json, new StreamObjective(rows), new Heard());
    Heard heard = new Heard();
    Map<String, float[]> actual =
        trained(
            config(0),
            lanes,
            json,
            new Hungry(new StreamObjective(rows), b -> ++parts[0] == 2), // the second step
            heard);
    assertEquals(1, heard.notes.size(), heard.notes.toString());
    assertSameWeights(expected, actual);
  }

  private static Objective hungryOnce() {
    int[] parts = {0};
    return new Hungry(new CausalLmObjective(), b -> ++parts[0] == 1);
  }

  @Test
  void aRunThatIsTakenUpGoesOnInTheSmallerParts(@TempDir Path folder) {
    String json = TinyModels.llamaConfig("{}");
    Map<String, float[]> straight = trained(config(0), PLAN, json, hungryOnce(), new Heard());
    for (int step = 1; step <= 3; step++) {
      StopSignal stop = new StopSignal();
      int last = step;
      TrainListener stopping =
          new TrainListener() {
            @Override
            public void step(StepReport report) {
              if (report.step() == last) {
                stop.request();
              }
            }
          };
      try (Model model = TinyModels.random(json);
          Method method = new Full(model)) {
        Trainer trainer = Toy.trainer(model, method, config(0), stopping);
        Objective objective = step == 1 ? hungryOnce() : new CausalLmObjective();
        trainer = Toy.with(Toy.with(trainer, PLAN), objective);
        int left = Toy.with(trainer, List.of(), folder, stop).run().state().microTokens();
        assertTrue(left > 0, "a bound that the first step has found");
        if (step == 3) {
          method.trainable().forEach((n, t) -> assertArrayEquals(straight.get(n), t.toFloats(), n));
        }
      }
    }
  }

  @Test
  void aStepWhoseWeightsHaveMovedIsNotDoneAgain() {
    Map<String, Object> moving = Map.of("steps", 3, "clip", 0.0, "optimizerInBackward", true);
    HoneException e =
        assertThrows(
            HoneException.class,
            () ->
                trained(
                    Toy.config(moving),
                    PLAN,
                    TinyModels.llamaConfig("{}"),
                    new Hungry(new CausalLmObjective(), b -> true),
                    new Heard()));
    String message = String.valueOf(e.getMessage());
    assertTrue(message.startsWith("step 1: memory ran out after some weights had moved"), message);
    assertTrue(message.contains("train.microTokens"), message);
  }

  @Test
  void aRowThatDoesNotFitAloneIsNamed() {
    TokenRow longest =
        TinyModels.rows(10, 8).stream()
            .max(Comparator.comparingInt(TokenRow::length))
            .orElseThrow();
    Hungry hungry = new Hungry(new CausalLmObjective(), b -> b.width() == longest.length());
    HoneException e =
        assertThrows(
            HoneException.class,
            () -> trained(config(0), PLAN, TinyModels.llamaConfig("{}"), hungry, new Heard()));
    String message = String.valueOf(e.getMessage());
    assertTrue(
        message.startsWith("step 1: " + longest.origin() + ": " + longest.length() + " tokens"),
        message);
    assertTrue(message.contains("data.maxTokens"), message);
  }

  @Test
  void anotherFailureIsNoShortage() {
    RuntimeException other = new IllegalStateException("out of memory, says no engine");
    Objective failing =
        new Hungry(
            new CausalLmObjective(),
            b -> {
              throw other;
            });
    Heard heard = new Heard();
    assertSame(
        other,
        assertThrows(
            IllegalStateException.class,
            () -> trained(config(0), PLAN, TinyModels.llamaConfig("{}"), failing, heard)));
    assertFalse(heard.notes.stream().anyMatch(n -> n.contains("memory")));
  }
}
