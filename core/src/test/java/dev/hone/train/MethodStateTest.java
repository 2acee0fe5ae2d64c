package dev.hone.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.TinyModels;
import dev.hone.method.Method;
import dev.hone.method.MethodCases;
import dev.hone.method.MethodConfig;
import dev.hone.method.Methods;
import dev.hone.method.adalora.AdaLoraConfig;
import dev.hone.method.lora.LoraConfig;
import dev.hone.method.multitaskprompttuning.MultitaskPromptTuningConfig;
import dev.hone.method.prefixtuning.PrefixTuningConfig;
import dev.hone.method.prompttuning.PromptTuningConfig;
import dev.hone.method.ptuning.PTuningConfig;
import dev.hone.method.ptuning.PTuningConfig.Network;
import dev.hone.model.Model;
import dev.hone.tensor.Engine;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What a method wants of the loop beside gradients. */
class MethodStateTest {
  private static final TrainConfig SIX =
      Toy.config(Map.of("steps", 6, "rate", 1e-2, "checkpointEvery", 1, "warmup", 0.0));

  @TempDir Path folder;

  static Stream<MethodConfig> remembering() {
    return Stream.of(
        MethodCases.changed(
            AdaLoraConfig.defaults(),
            Map.of("initRank", 6, "targetRank", 2, "tinit", 1, "tfinal", 1)),
        MethodCases.lora(Map.of("freezeA", true)),
        MethodCases.lora(Map.of("start", LoraConfig.Start.PISSA, "startIterations", 2)),
        PromptTuningConfig.defaults(),
        PrefixTuningConfig.defaults(),
        MultitaskPromptTuningConfig.defaults(),
        MethodCases.changed(
            PTuningConfig.defaults(), Map.of("encoderReparameterizationType", Network.LSTM)));
  }

  private static Map<String, float[]> whole(Method method) {
    Map<String, float[]> values = new LinkedHashMap<>();
    method.trainable().forEach((name, t) -> values.put(name, t.toFloats()));
    method.state().forEach((name, t) -> values.put(name, t.toFloats()));
    return values;
  }

  /** Stops itself after some steps. */
  private record Stopping(int after, StopSignal stop) implements TrainListener {
    @Override
    public void step(StepReport report) {
      if (report.step() == after) {
        stop.request();
      }
    }
  }

  private static Map<String, float[]> run(MethodConfig config, int seed, Path folder, int stopAt) {
    Engine.seed(seed);
    try (Model model = TinyModels.llama()) {
      Engine.seed(seed);
      try (Method method = Methods.attach(config, model)) {
        StopSignal stop = new StopSignal();
        Trainer trainer = Toy.trainer(model, method, SIX, new Stopping(stopAt, stop));
        Toy.with(trainer, List.of(), folder, stop).run();
        return whole(method);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("remembering")
  void aRunThatWasStoppedGoesOnExactly(MethodConfig config) {
    Map<String, float[]> straight = run(config, 5, folder.resolve("straight"), 99);
    run(config, 5, folder.resolve("stopped"), 3);
    // Another seed: whatever a fresh method draws must come from the checkpoint.
    Map<String, float[]> resumed = run(config, 6, folder.resolve("stopped"), 99);
    assertEquals(straight.keySet(), resumed.keySet());
    straight.forEach(
        (name, values) ->
            assertArrayEquals(values, Objects.requireNonNull(resumed.get(name)), name));
  }

  @Test
  void ranksAreTakenAwayDownToTheTarget() {
    MethodConfig config = remembering().findFirst().orElseThrow();
    Map<String, float[]> after = run(config, 5, folder, 99);
    int left = 0;
    int places = 0;
    for (Map.Entry<String, float[]> entry : after.entrySet()) {
      if (entry.getKey().endsWith(".lora_E")) {
        places++;
        for (float value : entry.getValue()) {
          left += value != 0 ? 1 : 0;
        }
      }
    }
    assertEquals(2 * places, left);
  }

  @Test
  void aMethodSetsTheRatesOfItsTensors() {
    float[][] moved = new float[2][];
    for (int i = 0; i < 2; i++) {
      MethodConfig config = MethodCases.lora(Map.of("loraPlusRatio", i == 0 ? 1.0 : 16.0));
      Map<String, float[]> values = run(config, 5, folder.resolve("ratio" + i), 1);
      moved[i] =
          values.entrySet().stream()
              .filter(e -> e.getKey().endsWith("q_proj.lora_B.weight"))
              .findFirst()
              .orElseThrow()
              .getValue();
    }
    // Adam's first step is the rate itself, whatever the gradient.
    for (int i = 0; i < moved[0].length; i++) {
      assertEquals(16 * moved[0][i], moved[1][i], 1e-4);
    }
    assertTrue(Math.abs(moved[0][0]) > 0);
  }
}
