package dev.hone.app;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.Hone;
import dev.hone.tensor.DType;
import dev.hone.tensor.Precision;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A run whose matrices are multiplied in bfloat16, between two that know nothing of it. */
class ComputeRunTest {
  @TempDir Path folder;

  private byte[] adapter(String run) throws IOException {
    return Files.readAllBytes(
        folder.resolve("runs").resolve(run).resolve("adapter/adapter_model.safetensors"));
  }

  @Test
  void itLearnsIsMeasuredAgainAndLeavesNoTrace() throws IOException {
    TinyWorld world = new TinyWorld(folder);
    Hone.train(world.recipe("name=before"));
    TinyWorld.Said said = world.train("name=half", "compute=bfloat16").succeeded();
    assertEquals(DType.F32, Precision.type());
    Hone.train(world.recipe("name=after", "compute=float32"));

    assertArrayEquals(adapter("before"), adapter("after"));
    assertFalse(Arrays.equals(adapter("before"), adapter("half")));
    assertTrue((said.out() + said.err()).contains("multiplied as BF16"), said.err());
    assertTrue(world.read("runs/half/recipe.yaml").contains("compute: bfloat16"));
    double accuracy = accuracy(world, "half");
    assertTrue(accuracy > 0.7, () -> "tuned " + accuracy);

    TinyWorld.Said again = world.hone("eval", world.at("runs/half")).succeeded();
    String shown = String.format(Locale.ROOT, "%.1f", 100 * accuracy);
    assertTrue(again.out().contains(shown), shown + " in " + again.out());
  }

  @Test
  void anotherTypeIsRefusedByName() {
    String refusal = new TinyWorld(folder).train("compute=float16").refusal();
    assertTrue(refusal.contains("compute") && refusal.contains("bfloat16"), refusal);
  }

  private static double accuracy(TinyWorld world, String run) {
    for (var line : world.json("runs/" + run + "/result.json").path("lines")) {
      if (line.path("name").asString().equals("tuned")) {
        return line.path("accuracy").asDouble();
      }
    }
    throw new AssertionError("no tuned line");
  }
}
