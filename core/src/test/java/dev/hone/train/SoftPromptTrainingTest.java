package dev.hone.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.TinyModels;
import dev.hone.data.TokenRow;
import dev.hone.method.Method;
import dev.hone.method.MethodCases;
import dev.hone.method.MethodCases.Case;
import dev.hone.method.Methods;
import dev.hone.model.EncoderDecoder;
import dev.hone.model.Model;
import dev.hone.tensor.Engine;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Virtual tokens in the loop: rows of many lengths, in parts of any size. */
class SoftPromptTrainingTest {
  static Stream<Case> writers() {
    return MethodCases.soft().filter(c -> !c.model().contains("Bert"));
  }

  private record Run(List<Double> losses, Map<String, float[]> moved) {
    static Run of(Case c, Map<String, Object> changes) {
      Engine.seed(3);
      try (Model model = TinyModels.random(c.model());
          Method method = Methods.attach(c.config(), model)) {
        Map<String, float[]> before = values(method);
        List<Double> losses = new ArrayList<>();
        TrainListener listener =
            new TrainListener() {
              @Override
              public void step(StepReport report) {
                losses.add(report.loss());
              }
            };
        List<TokenRow> rows = TinyModels.rows(5, 6);
        Trainer trainer = Toy.trainer(model, method, Toy.config(changes), listener);
        if (model.backbone() instanceof EncoderDecoder) {
          trainer = Toy.with(trainer, new Seq2SeqObjective());
        }
        Toy.with(trainer, Toy.plan(step -> rows)).run();
        Map<String, float[]> moved = values(method);
        moved.forEach(
            (name, after) -> {
              float[] start = Objects.requireNonNull(before.get(name));
              for (int i = 0; i < after.length; i++) {
                after[i] -= start[i];
              }
            });
        return new Run(losses, moved);
      }
    }
  }

  private static Map<String, float[]> values(Method method) {
    Map<String, float[]> values = new LinkedHashMap<>();
    method.trainable().forEach((name, tensor) -> values.put(name, tensor.toFloats()));
    return values;
  }

  /** A step that is the gradient: Adam with an epsilon far above it divides by that alone. */
  private static Map<String, Object> gradients(int microBatch, boolean checkpointing) {
    Map<String, Object> changes = new LinkedHashMap<>();
    changes.put("steps", 1);
    changes.put("microBatch", microBatch);
    changes.put("gradientCheckpointing", checkpointing);
    changes.put("rate", 1e4);
    changes.put("epsilon", 1e4);
    changes.put("warmup", 0.0);
    changes.put("clip", 0.0);
    changes.put("dropout", 0.0);
    changes.put("weightDecay", 0.0);
    return changes;
  }

  @ParameterizedTest
  @MethodSource("writers")
  void partsOfAnySizeGiveTheSameGradients(Case c) {
    Run whole = Run.of(c, gradients(6, false));
    for (Run parts :
        List.of(
            Run.of(c, gradients(1, false)),
            Run.of(c, gradients(2, false)),
            Run.of(c, gradients(2, true)))) {
      assertEquals(1, parts.losses().getFirst() / whole.losses().getFirst(), 1e-6);
      whole
          .moved()
          .forEach(
              (name, gradient) -> {
                double largest = 0;
                for (float g : gradient) {
                  largest = Math.max(largest, Math.abs(g));
                }
                assertTrue(largest > 0, name);
                float[] other = Objects.requireNonNull(parts.moved().get(name));
                assertEquals(0, TinyModels.distance(gradient, other), 1e-4 * largest + 1e-6, name);
              });
    }
  }

  @ParameterizedTest
  @MethodSource("writers")
  void itLearnsAtTheRateOfTheDefaults(Case c) {
    Run run = Run.of(c, Map.of("steps", 40));
    double first = run.losses().getFirst();
    double last = run.losses().getLast();
    assertTrue(last < first - 0.02, first + " to " + last);
  }
}
