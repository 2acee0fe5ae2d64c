package dev.hone.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.TinyModels;
import dev.hone.data.Batch;
import dev.hone.data.TokenRow;
import dev.hone.method.Full;
import dev.hone.method.FullConfig;
import dev.hone.method.Method;
import dev.hone.method.MethodCases;
import dev.hone.method.Methods;
import dev.hone.model.Inputs;
import dev.hone.model.Model;
import dev.hone.model.Pass;
import dev.hone.tensor.Engine;
import dev.hone.tensor.GradMode;
import dev.hone.tensor.Scope;
import dev.hone.tensor.Tape;
import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Packing changes how rows are computed, and nothing of what is learned from them. */
class PackedTrainingTest {
  @TempDir Path folder;

  @ParameterizedTest
  @MethodSource("dev.hone.method.MethodCases#peft")
  void everyMethodLearnsTheSame(MethodCases.Case c) {
    try (Model model = TinyModels.random(c.model());
        Method method = Methods.attach(c.config(), model);
        Scope scope = Scope.open()) {
      stir(method);
      Pass pass = Pass.plain().with(method).train(0);
      Map<String, float[]> padded = gradients(model, method, pass);
      assertTrue(padded.size() > 0);
      same(padded, gradients(model, method, pass.packing()));
      same(padded, gradients(model, method, pass.packing().checkpointing(5)));
    }
  }

  /** Gives everything that trains, B included, other numbers. */
  private static void stir(Method method) {
    Engine.seed(1);
    try (GradMode off = GradMode.off()) {
      method.trainable().values().forEach(t -> t.addInPlace(Tensors.normal(0, .1, t.shape()), 1));
    }
  }

  private static Map<String, float[]> gradients(Model model, Method method, Pass pass) {
    Batch batch = Batch.of(TinyModels.rows(9, 5), 0);
    try (Scope scope = Scope.open();
        Tape tape = Tape.open()) {
      Tensor logits = model.logits(Inputs.of(batch), pass);
      if (logits.rank() == 3) { // what padding says is no part of any loss
        logits = logits.mul(Tensors.of(batch.mask(), batch.rows(), batch.width(), 1));
      }
      tape.backward(logits.square().sum());
      return taken(method);
    }
  }

  /** The gradients, which begin anew. */
  private static Map<String, float[]> taken(Method method) {
    Map<String, float[]> gradients = new TreeMap<>();
    method
        .trainable()
        .forEach(
            (name, tensor) -> {
              Tensor gradient = tensor.grad();
              gradients.put(name, gradient == null ? new float[0] : gradient.toFloats());
              tensor.clearGrad();
            });
    return gradients;
  }

  private static void same(Map<String, float[]> expected, Map<String, float[]> actual) {
    expected.forEach(
        (name, values) -> {
          double largest = 1;
          for (float value : values) {
            largest = Math.max(largest, Math.abs(value));
          }
          double apart = TinyModels.distance(values, actual.getOrDefault(name, new float[0]));
          assertEquals(0, apart / largest, 1e-5, name);
        });
  }

  @ParameterizedTest
  @ValueSource(strings = {"causal", "classes"})
  void aRunIsTheSame(String objective) {
    boolean causal = objective.equals("causal");
    String json =
        causal
            ? TinyModels.llamaConfig("{}")
            : TinyModels.bertConfig("BertForSequenceClassification");
    List<List<Double>> losses = new ArrayList<>();
    for (TrainConfig.Packing packing :
        List.of(TrainConfig.Packing.FALSE, TrainConfig.Packing.TRUE)) {
      losses.add(
          losses(
              json,
              Map.of("steps", 6, "packing", packing, "dropout", 0.0, "microTokens", 30),
              t -> causal ? t : Toy.with(t, new ClassificationObjective())));
    }
    for (int step = 0; step < 6; step++) {
      assertEquals(losses.getFirst().get(step), losses.getLast().get(step), 1e-4, "step " + step);
    }
  }

  private static List<Double> losses(
      String json, Map<String, Object> changes, UnaryOperator<Trainer> with) {
    List<Double> losses = new ArrayList<>();
    TrainListener listener =
        new TrainListener() {
          @Override
          public void step(StepReport report) {
            losses.add(report.loss());
          }
        };
    try (Model model = TinyModels.random(json);
        Method method = new Full(model)) {
      with.apply(Toy.trainer(model, method, Toy.config(changes), listener)).run();
    }
    return losses;
  }

  /** What frozen layers made of a row is kept without padding, and fits either way. */
  @Test
  void rememberedLayersArePackedToo() {
    FullConfig top = new FullConfig(FullConfig.Stored.F32, List.of("top-1"), List.of());
    try (Model model = TinyModels.random(TinyModels.llamaConfig("{}"));
        Method method = new Full(top, model);
        FrozenLayers known = FrozenLayers.open(folder, "base", model, 1);
        Scope scope = Scope.open()) {
      List<TokenRow> rows = TinyModels.rows(4, 5);
      Batch batch = Batch.of(rows, 0);
      CausalLmObjective objective = new CausalLmObjective();
      Pass pass = Pass.plain().with(method).above(known);
      objective.learn(model, pass, batch, 0, 1);
      taken(method);
      objective.learn(model, pass, batch, 0, 1); // from the file, in F16
      Map<String, float[]> padded = taken(method);
      objective.learn(model, pass.packing(), batch, 0, 1);
      same(padded, taken(method));
    }
  }
}
