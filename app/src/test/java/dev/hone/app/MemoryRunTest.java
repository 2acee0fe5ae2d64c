package dev.hone.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.hone.Hone;
import dev.hone.tensor.Cpu;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** A run that is told how much memory it may take. */
class MemoryRunTest {
  @TempDir Path folder;
  TinyWorld world;

  @BeforeEach
  void world() {
    assumeTrue(Cpu.forgetPeak(), "this system does not tell how much memory a process took");
    world = new TinyWorld(folder);
  }

  @Test
  void dryRunSaysWhatItWouldTakeAndLeavesNothing() throws IOException {
    TinyWorld.Said said = world.train("--dry-run").succeeded();
    assertTrue(said.out().matches("(?s).*peak memory +[0-9.]+ [MG]iB.*one epoch of training.*"));
    assertFalse(Files.exists(folder.resolve("runs")), "nothing was trained");
  }

  @Test
  void tooLittleIsRefusedWithTheWayOut() throws IOException {
    String refusal = world.train("memory=40 MiB").refusal();
    assertTrue(refusal.contains("does not fit into 40 MiB: weights and gradients"), refusal);
    assertTrue(refusal.contains("memory"), refusal);
    try (Stream<Path> weights = Files.walk(folder.resolve("runs"))) {
      assertFalse(weights.anyMatch(p -> p.toString().endsWith(".safetensors")));
    }
  }

  @Test
  void enoughChangesNothing() {
    Hone.train(world.recipe("train.steps=5", "name=free"));
    Hone.train(world.recipe("train.steps=5", "name=bound", "memory=64 GiB"));
    assertEquals(
        world.lines("runs/free/metrics.jsonl").getLast().path("loss"),
        world.lines("runs/bound/metrics.jsonl").getLast().path("loss"));
    JsonNode plan = world.json("runs/bound/memory.json");
    assertEquals(0, plan.path("choices").size());
    long peak = plan.path("peakBytes").asLong();
    assertTrue(
        peak > Cpu.residentBytes() / 2 && peak < 2 * Cpu.peakResidentBytes(), plan.toString());
  }
}
