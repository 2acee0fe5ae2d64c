package dev.hone.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A run over a base of four bits, asked and merged as the training knew it. */
class QuantisedRunTest {
  @TempDir static Path folder;
  static TinyWorld world;
  static TinyWorld.Said said;

  @BeforeAll
  static void train() {
    world = new TinyWorld(folder);
    said = world.train("dtype=nf4").succeeded();
  }

  private static double accuracy(String folder) {
    for (var line : world.json(folder + "/result.json").path("lines")) {
      if (line.path("name").asString().equals("tuned")) {
        return line.path("accuracy").asDouble();
      }
    }
    throw new AssertionError("no tuned line");
  }

  @Test
  void itLearnsInAsManyBytesAsItSays() {
    assertTrue(accuracy("runs/tiny") > 0.7, () -> "tuned " + accuracy("runs/tiny"));
    String all = said.out() + said.err();
    assertTrue(all.contains("bytes each (dtype: nf4)"), all);
  }

  @Test
  void theAdapterIsAskedOverTheBaseOfItsTraining() {
    assertEquals("nf4", world.json("runs/tiny/adapter/hone.json").path("dtype").asString());
    TinyWorld.Said again = world.hone("eval", world.at("runs/tiny")).succeeded();
    String shown = String.format(java.util.Locale.ROOT, "%.1f", 100 * accuracy("runs/tiny"));
    assertTrue(again.out().contains(shown), shown + " in " + again.out());
  }

  @Test
  void mergingTellsWhatRoundingAnewWouldLose() {
    TinyWorld.Said merged =
        world.hone("merge", world.at("runs/tiny"), world.at("merged")).succeeded();
    assertTrue(merged.out().contains("kept as nf4 again"), merged.out());
    assertTrue(Files.exists(folder.resolve("merged/model.safetensors")));
  }

  @Test
  void fullTuningIsRefusedWithTheWayOut() {
    String refusal = world.train("dtype=nf4", "name=full", "method={type: full}").refusal();
    assertTrue(refusal.contains("take method lora"), refusal);
  }
}
