package dev.hone.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From the Hub, through a run, and back to it. */
class HubCommandsTest {
  private static final List<String> NAMES =
      List.of("HF_ENDPOINT", "HF_HUB_CACHE", "HF_TOKEN", "HF_HUB_OFFLINE");

  @TempDir Path folder;
  private TinyWorld world;
  private SmallHub hub;

  @BeforeEach
  void start() throws IOException {
    world = new TinyWorld(folder);
    hub = new SmallHub().with("maker/tiny", folder.resolve("base"));
    hub.with("maker/rows", "train.jsonl", Files.readAllBytes(folder.resolve("rows.jsonl")));
    System.setProperty("HF_ENDPOINT", hub.address());
    System.setProperty("HF_HUB_CACHE", world.at("cache"));
    System.setProperty("HF_TOKEN", "hf_test");
  }

  @AfterEach
  void stop() {
    hub.close();
    NAMES.forEach(System::clearProperty);
  }

  @Test
  void fromTheHubThroughARunAndBack() throws IOException {
    String pulled = world.hone("pull", "maker/tiny").succeeded().out().strip();
    assertTrue(Path.of(pulled).startsWith(folder.resolve("cache/models--maker--tiny/snapshots")));

    TinyWorld.Said trained =
        world
            .train("model=maker/tiny", "data.path=hf://datasets/maker/rows", "train.steps=20")
            .succeeded();
    assertTrue(trained.err().contains("240 rows"), trained.err());
    assertTrue(world.read("runs/tiny/recipe.yaml").contains("\nmodel: maker/tiny\n"));
    assertEquals(
        "maker/tiny",
        world
            .json("runs/tiny/adapter/adapter_config.json")
            .path("base_model_name_or_path")
            .asString());

    String pushed =
        world.hone("push", world.at("runs/tiny"), "me/mood", "--license", "mit").succeeded().out();
    assertEquals(hub.address() + "/me/mood\n", pushed);
    String card = hub.text("me/mood", "README.md");
    for (String part :
        List.of(
            "library_name: peft\n",
            "base_model: \"maker/tiny\"\n",
            "license: \"mit\"\n",
            "- \"maker/rows\"\n",
            "type: accuracy\n",
            "| tuned | ")) {
      assertTrue(card.contains(part), part + " in " + card);
    }
    assertEquals(
        Set.of(
            "README.md",
            "adapter_config.json",
            "adapter_model.safetensors",
            "hone.json",
            "special_tokens_map.json",
            "tokenizer.json",
            "tokenizer_config.json"),
        hub.files("me/mood").keySet());

    // Base and adapter are found by name, and then without a network.
    String online = world.hone("generate", "me/mood", "a good lamp").succeeded().out();
    hub.close();
    System.setProperty("HF_HUB_OFFLINE", "1");
    assertEquals(online, world.hone("generate", "me/mood", "a good lamp").succeeded().out());
    assertTrue(world.hone("inspect", "maker/tiny").succeeded().out().contains("loads      yes"));
    assertTrue(world.hone("pull", "maker/other").refusal().contains("HF_HUB_OFFLINE"));
  }

  @Test
  void nothingOfThisMachineIsSent() throws IOException {
    TinyWorld.Said ignored = world.train("train.steps=2").succeeded();
    TinyWorld.Said sent = world.hone("push", world.at("runs/tiny"), "me/mood").succeeded();
    for (byte[] content : hub.files("me/mood").values()) {
      String text = new String(content, StandardCharsets.ISO_8859_1);
      assertFalse(text.contains(folder.toString()));
      assertFalse(text.contains("hf_test"));
    }
    assertTrue(hub.text("me/mood", "adapter_config.json").contains("\"base\""), sent.err());
    assertFalse(hub.text("me/mood", "README.md").contains("base_model"));

    Files.writeString(
        folder.resolve("runs/tiny/adapter/README.md"),
        "see " + System.getProperty("user.home") + "/x");
    assertTrue(
        world
            .hone("push", world.at("runs/tiny"), "me/mood")
            .refusal()
            .contains("names a folder of this machine"));
  }

  @Test
  void whatIsNowhereIsRefusedInOneLine() {
    assertTrue(
        world
            .train("model=maker/tyni")
            .refusal()
            .contains(
                "model maker/tyni: no such folder here, and from the Hub: no model maker/tyni"));
    assertFalse(Files.exists(folder.resolve("runs")));
    assertTrue(world.train("model=nowhere").refusal().contains("nowhere is not a folder"));
    assertTrue(world.hone("generate", "maker/tyni", "x").refusal().contains("no such folder here"));
    assertTrue(world.hone("pull", "a b").refusal().contains("is no name of a repository"));
    assertTrue(
        world.hone("push", world.at("base/none"), "me/x").refusal().contains("nothing to send"));
  }
}
