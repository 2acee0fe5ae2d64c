package dev.hone.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.TinyModels;
import dev.hone.data.Batch;
import dev.hone.method.Full;
import dev.hone.method.Method;
import dev.hone.model.Model;
import dev.hone.model.Pass;
import dev.hone.tensor.GradMode;
import dev.hone.tensor.Scope;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Weights that move on the way back must move as they would at the end of the step. */
class OptimizerInBackwardTest {
  /** Weights after some steps, and the norms of the gradients. */
  private record Trained(Map<String, float[]> weights, List<Double> norms) {}

  private static Trained trained(String changes, Map<String, Object> training) {
    Map<String, Object> all = new HashMap<>(training);
    all.putAll(Map.of("steps", 5, "clip", 0.0));
    List<Double> norms = new ArrayList<>();
    TrainListener listener =
        new TrainListener() {
          @Override
          public void step(StepReport report) {
            norms.add(report.gradNorm());
          }
        };
    try (Model model = TinyModels.random(TinyModels.llamaConfig(changes));
        Method method = new Full(model)) {
      Toy.trainer(model, method, Toy.config(all), listener).run();
      Map<String, float[]> values = new TreeMap<>();
      try (Scope scope = Scope.open()) {
        method.trainable().forEach((name, tensor) -> values.put(name, tensor.toFloats()));
      }
      return new Trained(values, norms);
    }
  }

  @ParameterizedTest
  @CsvSource({"false, false, 0", "true, false, 0", "true, true, 0", "true, true, 16"})
  void trainsToTheSameBits(boolean tied, boolean checkpointing, int microTokens) {
    String changes = "{\"tie_word_embeddings\": " + tied + "}";
    Map<String, Object> training = new HashMap<>();
    training.put("gradientCheckpointing", checkpointing);
    training.put("microTokens", microTokens);
    Trained expected = trained(changes, training);
    training.put("optimizerInBackward", true);
    Trained found = trained(changes, training);
    assertEquals(expected.weights().keySet(), found.weights().keySet());
    expected.weights().forEach((n, values) -> assertArrayEquals(values, found.weights().get(n), n));
    for (int i = 0; i < expected.norms().size(); i++) {
      assertEquals(expected.norms().get(i), found.norms().get(i), 1e-5 * expected.norms().get(i));
    }
  }

  @Test
  void gradientsAreGoneWhenTheWayBackEnds() {
    TrainConfig config = Toy.config(Map.of("clip", 0.0, "optimizerInBackward", true));
    try (Model model = TinyModels.random(TinyModels.llamaConfig("{}"));
        Method method = new Full(model);
        AdamW optimizer = new AdamW(config, method)) {
      BackwardSteps moving =
          new BackwardSteps(method, optimizer, 1e-3, () -> new IllegalStateException("not finite"));
      Batch batch = Batch.of(Toy.PLAN.rows(0), 0);
      try (Scope scope = Scope.open();
          GradMode on = GradMode.on()) {
        double loss =
            new CausalLmObjective()
                .learn(model, Pass.plain().with(moving.adapter()), batch, 0, 0.01);
        assertTrue(loss > 0);
        method.trainable().forEach((name, weight) -> assertNull(weight.grad(), name));
      }
      assertTrue(moving.moved());
      assertTrue(moving.squares() > 0);
    }
  }

  @Test
  void clippingNeedsAllGradientsAtOnce() {
    Throwable refused =
        assertThrows(
            Exception.class, () -> Toy.config(Map.of("optimizerInBackward", true, "clip", 1.0)));
    Throwable cause = refused;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    String message = String.valueOf(cause.getMessage());
    assertTrue(message.contains("set train.clip to 0"), message);
  }
}
