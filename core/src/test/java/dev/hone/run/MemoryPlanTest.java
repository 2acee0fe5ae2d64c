package dev.hone.run;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.hone.config.Yaml;
import dev.hone.data.Batches;
import dev.hone.data.Refused;
import dev.hone.data.TokenRow;
import dev.hone.train.EpochPlan;
import dev.hone.train.Footprint;
import dev.hone.train.TrainConfig;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * What is chosen where training takes 1,000 MiB, of which 400 are moments, and 1 MiB a token, or
 * half of that with layers computed twice. A step has eight rows of ten tokens.
 */
class MemoryPlanTest {
  /** What a recipe has under this key. */
  private record Training(TrainConfig train) {
    static Training defaults() {
      return new Training(TrainConfig.defaults());
    }
  }

  private static final long MIB = 1 << 20;
  private static final String ALL = "train.microTokens=80";
  private static final String HALF = "train.microTokens=40";
  private static final String ROW = "train.microTokens=10";

  /**
   * @param limit in MiB: what the run may take, less the tenth that stays free
   */
  private static MemoryPlan plan(int limit, String... train) {
    boolean[] learned = new boolean[10];
    List<TokenRow> rows = Collections.nCopies(16, new TokenRow(new int[10], learned, 0, "row"));
    return MemoryPlan.of(
        new MemoryPlan.Work(
            new EpochPlan(new Batches(rows, 8, 1)),
            Yaml.read(Training.class, List.of(train)).train(),
            false),
        200 * MIB,
        config ->
            new Footprint(
                (config.momentsOnDisk() ? 600 : 1000) * MIB,
                config.gradientCheckpointing() ? 0.5 * MIB : MIB,
                config.gradientCheckpointing() ? 4e-3 : 3e-3),
        Math.round(limit * MIB / 0.9),
        0);
  }

  private static void assertChosen(MemoryPlan plan, long peak, String... choices) {
    assertEquals(peak, plan.peakBytes() / MIB);
    assertEquals(
        List.of(choices),
        plan.choices().stream().map(choice -> choice.substring(0, choice.indexOf(':'))).toList());
  }

  @Test
  void whatFitsStaysAsItIs() {
    MemoryPlan plan = plan(1080, ALL);
    assertChosen(plan, 1080);
    assertEquals(80, plan.microTokens());
    assertEquals(160 * 3e-3, plan.seconds(), 1e-9);
    assertChosen(plan(680, ALL, "train.momentsOnDisk=true"), 680);
  }

  @Test
  void theCheapestMeansThatIsEnoughIsTaken() {
    assertChosen(plan(1045, ALL), 1040, "train.microTokens=45");
    assertChosen(plan(900, ALL), 680, "train.momentsOnDisk=true");
    assertChosen(plan(625, ALL), 620, "train.microTokens=25", "train.momentsOnDisk=true");
    MemoryPlan all = plan(605, ROW);
    assertChosen(all, 605, "train.momentsOnDisk=true", "train.gradientCheckpointing=true");
    assertEquals(160 * 4e-3, all.seconds(), 1e-9);
    Refused.with("its longest row of 10 tokens", () -> plan(604, ROW));
  }

  /** What moves on the way back waits for the last part of its step. */
  @Test
  void gradientsWaitInAStepThatIsDivided() {
    String[] whole = {"train.clip=0", "train.optimizerInBackward=true", ALL};
    String[] divided = {"train.clip=0", "train.optimizerInBackward=true", HALF};
    assertChosen(plan(2000, whole), 1080);
    assertChosen(plan(2000, divided), 1240);
    assertChosen(plan(2000, HALF), 1040);
  }
}
