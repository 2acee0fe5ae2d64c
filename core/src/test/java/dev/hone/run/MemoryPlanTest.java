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
import dev.hone.tensor.Engine;
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

  @BeforeEach
  void measurable() {
    assumeTrue(Cpu.forgetPeak(), "this system does not tell how much memory a process took");
  }

  /**
   * The peak in MiB that is expected of 17 million weights, which are 65 MiB. What the process
   * holds from before moves it a little; of three measurements the middle one counts.
   */
  private static double peak(String... train) {
    double[] peaks = new double[3];
    for (int i = 0; i < peaks.length; i++) {
      Engine.giveBackMemory();
      peaks[i] = measured(train);
    }
    Arrays.sort(peaks);
    return peaks[1];
  }

  private static double measured(String... train) {
    String json = TinyModels.llamaConfig("{'hidden_size': 512, 'vocab_size': 16384}");
    try (Model model = TinyModels.random(json);
        Method method = new Full(model)) {
      MemoryPlan plan =
          MemoryPlan.of(
              Yaml.read(Training.class, List.of(train)).train(),
              model,
              method,
              new CausalLmObjective(),
              new EpochPlan(new Batches(TinyModels.rows(1, 16), 8, 1)),
              1L << 40,
              0);
      assertEquals(List.of(), plan.choices());
      return plan.peakBytes() / MIB;
    }
  }

  @Test
  void momentsInAFileTakeNoMemory() {
    double moments = 2 * 65;
    assertEquals(moments, peak() - peak("train.momentsOnDisk=true"), 0.3 * moments);
  }

  /** What moves on the way back waits for the last part of its step. */
  @Test
  void gradientsWaitInAStepThatIsDivided() {
    String moving = "train.optimizerInBackward=true";
    double whole = peak("train.clip=0", moving, "train.microTokens=4096", "train.packing=true");
    double divided = peak("train.clip=0", moving, "train.microTokens=40", "train.packing=true");
    assertEquals(65, divided - whole, 0.3 * 65);
  }
}
