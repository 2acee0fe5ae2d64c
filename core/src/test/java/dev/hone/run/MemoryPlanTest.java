package dev.hone.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.hone.TinyModels;
import dev.hone.config.Yaml;
import dev.hone.data.Batches;
import dev.hone.method.Full;
import dev.hone.method.Method;
import dev.hone.model.Model;
import dev.hone.tensor.Cpu;
import dev.hone.train.CausalLmObjective;
import dev.hone.train.EpochPlan;
import dev.hone.train.TrainConfig;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is not in memory is not counted, and what is, is. */
class MemoryPlanTest {
  /** What a recipe has under this key. */
  private record Training(TrainConfig train) {
    static Training defaults() {
      return new Training(TrainConfig.defaults());
    }
  }

  private static final double MIB = 1 << 20;
  private static final double WEIGHTS = 66;

  @BeforeEach
  void measurable() {
    assumeTrue(Cpu.forgetPeak(), "this system does not tell how much memory a process took");
  }

  /**
   * How much more MiB of 17 million weights, which are 66 MiB, the first plan expects than the
   * second. What else this process does moves a measurement, so both are measured in turn, and of
   * five differences the middle one counts. No weight is large and there are few words, so that
   * what grows with the tokens is little beside the weights.
   */
  private static double more(List<String> first, List<String> second) {
    double[] differences = new double[5];
    String json =
        TinyModels.llamaConfig(
            "{'hidden_size': 512, 'intermediate_size': 1360, 'num_hidden_layers': 6}");
    try (Model model = TinyModels.random(json);
        Method method = new Full(model)) {
      assertEquals(WEIGHTS, 4 * method.trainableCount() / MIB, 1);
      for (int i = 0; i < differences.length; i++) {
        differences[i] = peak(model, method, first) - peak(model, method, second);
      }
    }
    Arrays.sort(differences);
    return differences[2];
  }

  private static double peak(Model model, Method method, List<String> train) {
    MemoryPlan plan =
        MemoryPlan.of(
            Yaml.read(Training.class, train).train(),
            model,
            method,
            new CausalLmObjective(),
            new EpochPlan(new Batches(TinyModels.rows(1, 16), 8, 1)),
            1L << 40,
            0);
    assertEquals(List.of(), plan.choices());
    return plan.peakBytes() / MIB;
  }

  @Test
  void momentsInAFileTakeNoMemory() {
    assertEquals(2 * WEIGHTS, more(List.of(), List.of("train.momentsOnDisk=true")), WEIGHTS / 2);
  }

  @Test
  void gradientsThatMoveOnTheWayBackTakeNoMemory() {
    assertEquals(WEIGHTS, more(moving(false, 4096), moving(true, 4096)), WEIGHTS / 2);
  }

  /** What moves on the way back waits for the last part of its step. */
  @Test
  void gradientsWaitInAStepThatIsDivided() {
    assertEquals(0, more(moving(false, 40), moving(true, 40)), WEIGHTS / 2);
  }

  private static List<String> moving(boolean inBackward, int microTokens) {
    return List.of(
        "train.clip=0",
        "train.packing=true",
        "train.optimizerInBackward=" + inBackward,
        "train.microTokens=" + microTokens);
  }
}
