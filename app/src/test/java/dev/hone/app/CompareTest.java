package dev.hone.app;

import static java.util.stream.Collectors.toSet;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.config.Yaml;
import dev.hone.recipe.Arms;
import dev.hone.recipe.Recipe;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** {@code hone compare}: several ways to do one task, each trial in a process of its own. */
class CompareTest {
  private static final String ARMS =
      """
      name: ways
      recipe: recipe.yaml
      changes: [train.steps=20, evaluate.general=GENERAL]
      arms:
        lora: []
        full: ["method={type: full}", train.rate=1e-3]
        broken: [method.targetModules=no_such_module]
      """;

  @TempDir Path folder;
  TinyWorld world;

  @BeforeEach
  void world() {
    world = new TinyWorld(folder);
    world.write("general.jsonl", TinyWorld.jsonl(TinyWorld.labelled(12, 9)));
    world.write("ways.yaml", ARMS.replace("GENERAL", world.at("general.jsonl")));
  }

  private TinyWorld.Said compare(String... arguments) {
    List<String> all = new ArrayList<>(List.of("compare"));
    all.addAll(List.of(arguments));
    all.add("runs=" + world.at("runs"));
    return world.hone(all.toArray(String[]::new));
  }

  @Test
  void anArmThatFailsIsToldOfAndTheOthersAreMeasured() {
    TinyWorld.Said first = compare(world.at("ways.yaml"), "--seeds", "2");
    assertEquals(1, first.status(), first.err());
    JsonNode trials = world.json("runs/ways/comparison.json");
    assertEquals(6, trials.size());
    JsonNode lora = trials.path(0).path("scores");
    JsonNode full = trials.path(1).path("scores");
    assertTrue(full.path("trainable").asLong() > lora.path("trainable").asLong(), first.out());
    assertTrue(full.path("file").asLong() >= 4 * full.path("trainable").asLong(), first.out());
    assertTrue(lora.path("file").asLong() >= 4 * lora.path("trainable").asLong(), first.out());
    for (JsonNode scores : List.of(lora, full)) {
      assertTrue(scores.path("memory").asLong() > 1 << 20, first.out());
      assertTrue(scores.path("seconds").asDouble() > 0, first.out());
      assertNotEquals(0, scores.path("forgetting").asDouble());
    }
    String error = trials.path(2).path("error").asString();
    assertTrue(error.contains("no_such_module"), error);
    assertTrue(first.out().contains("failed: broken, seed 2: " + error), first.out());
    assertTrue(first.out().matches("(?s).*all +broken +0 .*"), first.out());
    assertTrue(first.out().contains("full against lora: "), first.out());
    String markdown = world.read("runs/ways/comparison.md");
    assertTrue(markdown.startsWith("| labels | arm | seeds | accuracy"), markdown);
    assertEquals(5, markdown.lines().takeWhile(line -> line.startsWith("|")).count());
    String page = world.read("runs/ways/comparison.html");
    assertTrue(page.contains("What accuracy costs in forgetting"), page);
    assertTrue(page.contains("failed: broken, seed 2"), page);

    TinyWorld.Said again =
        compare(world.at("ways.yaml"), "--seeds", "2", "--arms", "lora,full").succeeded();
    assertFalse(again.err().contains("stage"), "nothing is done twice: " + again.err());
    assertEquals(lora, world.json("runs/ways/comparison.json").path(0).path("scores"));
  }

  @Test
  void recipesAreComparedWithFewLabelsOnTheSameRows() {
    String arm =
        """
        name: NAME
        model: base
        data: {path: rows.jsonl, split: {validation: 0.1, test: 0.25}}
        task: classifier
        method: {type: full}
        train: {epochs: 2, batch: 16, rate: 1e-2, LAYERS}
        evaluate: {baselines: [majority]}
        threads: 1
        """;
    world.write("full.yaml", arm.replace("NAME", "full").replace(", LAYERS", ""));
    world.write(
        "thawed.yaml",
        arm.replace("NAME", "thawed")
            .replace("LAYERS", "layers: {unfreezing: {type: gradual, epochs: 0.5}}"));
    String[] command = {
      world.at("full.yaml"), world.at("thawed.yaml"), "--labels", "40,80", "--seeds", "2"
    };
    TinyWorld.Said first = compare(command).succeeded();
    assertTrue(first.out().matches("(?s).*40 +full +2 +\\d.*80 +thawed +2 +\\d.*"), first.out());
    assertTrue(first.out().contains("40 labels, thawed against full: "), first.out());
    JsonNode one = world.json("runs/compare/full-40-1/result.json").path("splits");
    assertEquals(40, one.path("train").asInt() + one.path("validation").asInt());
    assertEquals(60, one.path("test").asInt());
    TinyWorld.Said again = compare(command).succeeded();
    assertEquals(first.out(), again.out());
    assertFalse(again.err().contains("stage"), "nothing is done twice: " + again.err());
  }

  @Test
  void whatMakesNoSenseIsRefused() {
    world.write("other.yaml", world.read("recipe.yaml").replace("test: 0.25", "test: 0.2"));
    String other = compare(world.at("recipe.yaml"), world.at("other.yaml"), "name=one").refusal();
    assertTrue(other.contains("two of the recipes have one name"), other);
    world.write("other.yaml", world.read("other.yaml").replace("name: tiny", "name: other"));
    String rows = compare(world.at("recipe.yaml"), world.at("other.yaml")).refusal();
    assertTrue(rows.contains("must be measured on the same rows"), rows);
    String arm = compare(world.at("ways.yaml"), "--arms", "lara").refusal();
    assertTrue(arm.contains("did you mean 'lora'?"), arm);
    world.write("ways.yaml", ARMS.replace("train.rate=1e-3", "train.rat=1e-3"));
    String key = compare(world.at("ways.yaml")).refusal();
    assertTrue(key.contains("arm full: ") && key.contains("did you mean 'rate'?"), key);
    assertTrue(compare(world.at("ways.yaml"), "--seeds", "0").refusal().contains("from 1"));
    assertFalse(Files.exists(folder.resolve("runs")), "nothing was begun");
  }

  @Test
  void theArmsOfTheRepositoryAreRecipes() {
    Path file = Path.of(System.getProperty("hone.root", "."), "recipes", "methods.yaml");
    Assumptions.assumeTrue(Files.exists(file), "no recipes here");
    Arms methods = Yaml.read(file, Arms.class, List.of());
    List<Recipe> arms = methods.recipes(methods.arms().keySet(), List.of());
    Set<String> types =
        arms.stream().map(arm -> arm.method().getClass().getSimpleName()).collect(toSet());
    assertTrue(types.size() > 10, types.toString());
    assertEquals(arms.size(), arms.stream().map(Recipe::name).distinct().count());
  }

  @Test
  void aChangeIsForTheArmsThatRun() {
    Arms ways = Yaml.read(Path.of(world.at("ways.yaml")), Arms.class, List.of());
    List<Recipe> arms = ways.recipes(Set.of("full"), List.of("method.train=[top-1]"));
    assertEquals(List.of("full"), arms.stream().map(Recipe::name).toList());
    String all = compare(world.at("ways.yaml"), "method.train=[top-1]").refusal();
    assertTrue(all.contains("arm lora: "), all);
  }

  @Test
  void aClassifierHasNoTextToForget() {
    String refusal =
        world.train("task=classifier", "evaluate.general=" + world.at("general.jsonl")).refusal();
    assertTrue(refusal.contains("evaluate.general: this model writes no text"), refusal);
  }

  @Test
  void textThatIsLearnedIsNotForgotten() {
    world
        .train("evaluate.general=" + world.at("rows.jsonl"), "data.format=text", "name=learned")
        .succeeded();
    JsonNode forgetting = world.json("runs/learned/result.json").path("forgetting");
    double rise = forgetting.path("rise").asDouble();
    assertTrue(rise < -1, forgetting.toString());
    assertEquals(
        rise,
        forgetting.path("loss_after").asDouble() - forgetting.path("loss_before").asDouble(),
        1e-12);
    assertTrue(world.read("runs/learned/report.html").contains("what was forgotten"));
  }
}
