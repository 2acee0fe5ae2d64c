package dev.hone.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import dev.hone.TinyModels;
import dev.hone.method.FullConfig;
import dev.hone.method.Method;
import dev.hone.method.MethodConfig;
import dev.hone.method.Methods;
import dev.hone.method.lora.LoraConfig;
import dev.hone.model.Model;
import dev.hone.tensor.DType;
import dev.hone.tensor.Engine;
import dev.hone.tensor.Precision;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Training with products in BF16. */
class MixedPrecisionTrainingTest {
  private static final int STEPS = 60;

  @TempDir Path folder;

  private record Case(String name, String model, MethodConfig method) {
    @Override
    public String toString() {
      return name;
    }
  }

  static Stream<Case> cases() {
    return Stream.of(
        new Case("full llama", TinyModels.llamaConfig("{}"), FullConfig.defaults()),
        new Case("full gpt2", TinyModels.gpt2Config("{}"), FullConfig.defaults()),
        new Case("lora llama", TinyModels.llamaConfig("{}"), LoraConfig.defaults()));
  }

  /** The same four rows in every step, which can be learned by heart. */
  private static final BatchPlan PLAN = Toy.plan(step -> TinyModels.rows(100, 4));

  private List<Double> losses(Case c, DType type, Path checkpoints, int stopAfter) {
    List<Double> losses = new ArrayList<>();
    StopSignal stop = new StopSignal();
    TrainListener listener =
        new TrainListener() {
          @Override
          public void step(StepReport report) {
            losses.add(report.loss());
            if (report.step() == stopAfter) {
              stop.request();
            }
          }
        };
    TrainConfig config =
        Toy.config(
            Map.of(
                "steps",
                STEPS,
                "rate",
                1e-2,
                "dropout",
                0.0,
                "microBatch",
                2,
                "checkpointEvery",
                20));
    try (Precision products = Precision.of(type);
        Model model = TinyModels.random(c.model())) {
      Engine.seed(3);
      try (Method method = Methods.attach(c.method(), model)) {
        Trainer trainer = Toy.with(Toy.trainer(model, method, config, listener), PLAN);
        Toy.with(trainer, List.of(), checkpoints, stop).run();
      }
    }
    return losses;
  }

  @ParameterizedTest
  @MethodSource("cases")
  void itLearnsAsF32DoesAndGoesOnToTheBit(Case c) throws IOException {
    List<Double> wide = losses(c, DType.F32, folder.resolve("wide"), 0);
    List<Double> whole = losses(c, DType.BF16, folder.resolve("whole"), 0);
    assertEquals(wide.getFirst(), whole.getFirst(), 0.01 * wide.getFirst());
    double learned = wide.getFirst() - wide.getLast();
    assertEquals(learned, whole.getFirst() - whole.getLast(), 0.05 * learned);
    assertNotEquals(wide, whole);

    List<Double> parts = losses(c, DType.BF16, folder.resolve("parts"), 23);
    parts.addAll(losses(c, DType.BF16, folder.resolve("parts"), 0));
    assertEquals(whole, parts);
    String last = "step-" + STEPS + "/trainable.safetensors";
    assertArrayEquals(
        Files.readAllBytes(folder.resolve("whole").resolve(last)),
        Files.readAllBytes(folder.resolve("parts").resolve(last)));

    assertEquals(wide, losses(c, DType.F32, folder.resolve("again"), 0), "F32 is what it was");
  }
}
