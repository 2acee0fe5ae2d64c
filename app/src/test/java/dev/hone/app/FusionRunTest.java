package dev.hone.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.Hone;
import dev.hone.TunedModel;
import dev.hone.run.RunResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two runs with bottleneck adapters, and a third that fuses them. */
class FusionRunTest {
  private static final String[] FUSED = {
    "method={type: adapter-fusion, adapters: [runs/first, runs/second]}",
    "train.rate=1e-3",
    "train.steps=20"
  };

  @TempDir Path folder;
  private TinyWorld world;

  @BeforeEach
  void twoRuns() {
    world = new TinyWorld(folder);
    for (String name : new String[] {"first", "second"}) {
      world
          .train(
              "name=" + name,
              "method={type: bottleneck, preset: houlsby, reductionFactor: 2}",
              "seed=" + name.length())
          .succeeded();
    }
  }

  /** Overrides are relative to the working directory, recipes to their folder. */
  private String[] fused() {
    String[] changes = FUSED.clone();
    changes[0] = changes[0].replace("runs/", world.at("runs") + "/");
    return changes;
  }

  @Test
  void theRunLearnsIsMeasuredAgainAndAsked() {
    RunResult result = Hone.train(world.recipe(fused()));
    var tuned = result.line(RunResult.TUNED);
    var majority = result.line("majority");
    assertNotNull(tuned);
    assertNotNull(majority);
    assertTrue(tuned.accuracy().value() > majority.accuracy().value() + 0.2, tuned.toString());
    String run = world.at("runs/tiny");
    String again = world.hone("eval", run).succeeded().out();
    String accuracy = String.format(Locale.ROOT, "%.1f", 100 * tuned.accuracy().value());
    assertTrue(again.contains(accuracy), again);
    assertTrue(world.hone("inspect", run).succeeded().out().contains("adapter-fusion"));
    try (TunedModel model = Hone.open(result.folder())) {
      assertEquals(TinyWorld.LABELS, model.labels());
      assertEquals(3, model.classify("the lamp was good").probabilities().length);
    }
    assertTrue(world.hone("merge", run, world.at("merged")).refusal().contains("cannot be merged"));
  }

  @Test
  void adaptersOfAnotherBaseAreRefused() {
    TinyWorld.base(folder.resolve("other"), 2);
    String[] changes = fused();
    String refusal =
        world.train(changes[0], "train.steps=2", "model=" + world.at("other")).refusal();
    assertTrue(refusal.contains("runs/first/adapter was made for another base model"), refusal);
    assertTrue(!Files.exists(folder.resolve("runs/tiny/adapter")));
  }
}
