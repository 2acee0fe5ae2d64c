package dev.hone.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What {@code hone inspect} says, to people and to programs. */
class InspectCommandTest {
  @TempDir Path folder;

  private static void assertSays(String out, String... parts) {
    for (String part : parts) {
      assertTrue(out.contains(part), part + " in: " + out);
    }
  }

  @Test
  void aModelARunAndAnAdapter() {
    TinyWorld world = new TinyWorld(folder);
    String model = world.hone("inspect", world.at("base")).succeeded().out();
    assertSays(
        model,
        "LlamaForCausalLM, family Llama",
        "loads      yes",
        "context    64 tokens",
        "byte-level BPE, ",
        "no template",
        "feed-forward",
        "8 rows of 64 tokens");
    world.train("train.steps=10", "name=short").succeeded();
    String run = world.hone("inspect", world.at("runs/short"), "--verify").succeeded().out();
    assertSays(
        run,
        "run        short, finished, seed 1",
        "recipe     lora on",
        "10 steps",
        "tuned: accuracy",
        "adapter    lora, rank 8, alpha 16",
        "labels     negative, neutral, positive",
        "all 28 tensors have a place in the base; the base is the one of the training",
        "base model LlamaForCausalLM");
    TinyWorld.base(folder.resolve("other"), 2);
    String moved =
        world
            .hone("inspect", world.at("runs/short"), "--verify", "--model", world.at("other"))
            .succeeded()
            .out();
    assertSays(moved, "the base is another than that of the training");
  }

  @Test
  void forPrograms() {
    TinyWorld world = new TinyWorld(folder);
    String out = world.hone("inspect", world.at("base"), "--json").succeeded().out();
    JsonNode json = JsonMapper.shared().readTree(out);
    assertEquals("model", json.path("kind").asString());
    assertEquals("LlamaForCausalLM", json.path("model").path("loads_as").asString());
    assertEquals(64, json.path("model").path("context").asInt());
    assertTrue(json.path("model").path("memory").path(1).path("moments").asLong() > 0);
    assertTrue(json.path("run").isNull());
  }

  @Test
  void tensorsAndRefusals() {
    TinyWorld world = new TinyWorld(folder);
    String file = world.at("base/model.safetensors");
    assertSays(world.hone("inspect", file).succeeded().out(), "model.norm.weight", "F32   [32]");
    assertSays(
        world.hone("inspect", world.at("base"), "--tensors").succeeded().out(),
        "model.norm.weight");
    assertTrue(world.hone("inspect", world.at("none")).refusal().contains("is not a folder"));
    assertTrue(world.hone("inspect", file, "--rank", "0").refusal().contains("--rank"));
  }
}
