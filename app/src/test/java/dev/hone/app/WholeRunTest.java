package dev.hone.app;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.Hone;
import dev.hone.TunedModel;
import dev.hone.generate.GenerationConfig;
import dev.hone.run.RunResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** From a recipe to a tuned model that is asked, measured again and merged. */
class WholeRunTest {
  @TempDir static Path folder;
  static TinyWorld world;
  static TinyWorld.Said said;

  @BeforeAll
  static void train() {
    world = new TinyWorld(folder);
    said =
        world.train("evaluate.baselines=[majority,zero-shot,few-shot,random-weights]").succeeded();
  }

  private static double number(String run, String line, String key) {
    for (JsonNode node : world.json("runs/" + run + "/result.json").path("lines")) {
      if (node.path("name").asString().equals(line)) {
        return node.path(key).asDouble();
      }
    }
    throw new AssertionError("no line " + line);
  }

  @Test
  void theRuleIsLearned() {
    double majority = number("tiny", "majority", "accuracy");
    double tuned = number("tiny", "tuned", "accuracy");
    assertEquals(1.0 / 3, majority, 0.01);
    assertTrue(tuned > majority + 0.4, "tuned " + tuned);
    assertTrue(number("tiny", "tuned", "macro_f1") > 0.7);
  }

  @Test
  void theRunFolderHoldsEverything() {
    for (String file :
        List.of(
            "recipe.yaml",
            "metrics.jsonl",
            "result.json",
            "report.html",
            "adapter/adapter_config.json",
            "adapter/adapter_model.safetensors",
            "adapter/tokenizer.json",
            "adapter/hone.json",
            "checkpoints/step-150/state.json",
            "checkpoints/best.safetensors")) {
      assertTrue(Files.isRegularFile(folder.resolve("runs/tiny").resolve(file)), file);
    }
    assertFalse(Files.exists(folder.resolve("runs/tiny/random_weights")), "scratch is removed");
    JsonNode config = world.json("runs/tiny/adapter/adapter_config.json");
    assertEquals("LORA", config.path("peft_type").asString());
    assertEquals(8, config.path("r").asInt());
    assertEquals(7, config.path("target_modules").size());
    String report = world.read("runs/tiny/report.html");
    assertTrue(report.contains("<svg"), "curves");
    assertFalse(report.contains("src=\"http") || report.contains("href=\"http"), "self-contained");
  }

  @Test
  void everyStepIsALineOfTheMetrics() {
    List<JsonNode> steps =
        world.lines("runs/tiny/metrics.jsonl").stream().filter(l -> l.has("loss")).toList();
    assertEquals(150, steps.size());
    for (int i = 0; i < steps.size(); i++) {
      assertEquals(i + 1, steps.get(i).path("step").asInt());
      for (String key : List.of("epoch", "rate", "grad_norm", "tokens", "tokens_per_s")) {
        assertTrue(steps.get(i).path(key).asDouble() > 0, key);
      }
    }
    assertEquals(
        15,
        world.lines("runs/tiny/metrics.jsonl").stream()
            .filter(l -> l.has("validation_loss"))
            .count());
  }

  @Test
  void theResultHoldsTheTableInNumbers() {
    JsonNode result = world.json("runs/tiny/result.json");
    Set<String> names = new HashSet<>();
    for (JsonNode line : result.path("lines")) {
      names.add(line.path("name").asString());
      assertEquals(60, line.path("n").asInt());
      for (String key : List.of("accuracy", "macro_f1")) {
        assertTrue(line.path(key).isNumber() && line.path(key + "_se").isNumber(), key);
      }
    }
    assertEquals(Set.of("majority", "zero_shot", "few_shot", "tuned", "random_weights"), names);
    for (String key :
        List.of(
            "seconds",
            "train_seconds",
            "tokens",
            "tokens_per_s",
            "peak_memory_bytes",
            "trainable_parameters")) {
      assertTrue(result.path(key).asDouble() > 0, key);
    }
    assertEquals(150, result.path("steps").asInt());
    assertEquals(0, result.path("shared_groups").asInt());
  }

  @Test
  void theCommandShowsTheTableAndWhatToTypeNext() {
    for (String line :
        List.of("majority", "zero_shot", "few_shot", "tuned", "random_weights", "report.html")) {
      assertTrue(said.out().contains(line), line);
    }
    assertTrue(said.out().contains("hone generate " + folder.resolve("runs/tiny")), said.out());
    assertTrue(said.out().contains("hone eval " + folder.resolve("runs/tiny")), said.out());
  }

  @Test
  void evalGivesTheNumbersOfTheResult() {
    String out = world.hone("eval", world.at("runs/tiny")).succeeded().out();
    String accuracy =
        String.format(Locale.ROOT, "%.1f ±", 100 * number("tiny", "tuned", "accuracy"));
    String f1 = String.format(Locale.ROOT, "%.1f ±", 100 * number("tiny", "tuned", "macro_f1"));
    assertTrue(out.contains(accuracy) && out.contains(f1), out);
  }

  @Test
  void evalMeasuresOtherRowsAndSaysWhichWereTrainedOn() {
    world.write("other.jsonl", TinyWorld.jsonl(TinyWorld.labelled(30, 77)));
    TinyWorld.Said other =
        world.hone("eval", world.at("runs/tiny"), "--data", world.at("other.jsonl")).succeeded();
    assertTrue(other.out().matches("(?s).*tuned +30 .*"), other.out());
    assertFalse(other.err().contains("no honest test"), other.err());
    TinyWorld.Said same =
        world.hone("eval", world.at("runs/tiny"), "--data", world.at("rows.jsonl")).succeeded();
    assertTrue(same.err().contains("240 rows of this file were also"), same.err());
  }

  @Test
  void generateAnswersWithALabelAndHowSureItIs() {
    String out =
        world.hone("generate", world.at("runs/tiny"), "the lamp was good today").succeeded().out();
    assertEquals("positive", out.lines().findFirst().orElse(""), out);
    assertEquals(4, out.lines().count(), out);
    String raw =
        world
            .hone("generate", world.at("runs/tiny"), "the lamp", "--raw", "--max-tokens", "5")
            .succeeded()
            .out();
    assertEquals(
        raw,
        world
            .hone("generate", world.at("runs/tiny"), "the lamp", "--raw", "--max-tokens", "5")
            .out());
  }

  @Test
  void theMergedModelAnswersAsTheAdapterDoes() {
    String out = world.hone("merge", world.at("runs/tiny"), world.at("merged")).succeeded().out();
    assertTrue(out.contains("largest difference of a logit"), out);
    try (TunedModel adapter = Hone.open(folder.resolve("runs/tiny"));
        TunedModel merged = Hone.open(folder.resolve("merged"))) {
      assertEquals(TinyWorld.LABELS, merged.labels());
      for (Map<String, String> row : TinyWorld.labelled(9, 3)) {
        String text = String.valueOf(row.get("text"));
        assertArrayEquals(
            adapter.classify(text).probabilities(), merged.classify(text).probabilities(), 1e-4);
      }
      GenerationConfig greedy = GenerationConfig.greedy(8);
      assertEquals(adapter.generate("the lamp", greedy), merged.generate("the lamp", greedy));
    }
    assertTrue(
        world
            .hone("merge", world.at("runs/tiny"), world.at("merged"))
            .refusal()
            .contains("merged exists; name a folder that does not"));
    assertTrue(
        world
            .hone("merge", world.at("merged"), world.at("again"))
            .refusal()
            .contains("nothing to merge"));
  }

  @Test
  void theResolvedRecipeGivesTheSameResultInAFolderOfItsOwn() throws IOException {
    byte[] first = Files.readAllBytes(folder.resolve("runs/tiny/result.json"));
    world
        .hone("train", world.at("runs/tiny/recipe.yaml"), "evaluate.baselines=[majority]")
        .succeeded();
    assertEquals(number("tiny", "tuned", "accuracy"), number("tiny-2", "tuned", "accuracy"));
    assertArrayEquals(
        Files.readAllBytes(folder.resolve("runs/tiny/adapter/adapter_model.safetensors")),
        Files.readAllBytes(folder.resolve("runs/tiny-2/adapter/adapter_model.safetensors")));
    assertArrayEquals(
        first, Files.readAllBytes(folder.resolve("runs/tiny/result.json")), "left as it was");
  }

  @Test
  void otherSeedsLearnItToo() {
    for (int seed = 2; seed <= 3; seed++) {
      RunResult result =
          Hone.train(world.recipe("seed=" + seed, "data.split.seed=" + seed, "name=seed" + seed));
      assertTrue(
          result.line("tuned").accuracy().value()
              > result.line("majority").accuracy().value() + 0.4,
          "seed " + seed + ": " + result.line("tuned").accuracy());
    }
  }

  @Test
  void fullTuningWritesAWholeModel() {
    RunResult result =
        Hone.train(world.recipe("method={type: full}", "train.rate=3e-3", "name=full"));
    assertEquals(folder.resolve("runs/full/model"), result.weights());
    assertTrue(
        result.line("tuned").accuracy().value() > result.line("majority").accuracy().value() + 0.4,
        result.lines().toString());
    String out = world.hone("eval", world.at("runs/full")).succeeded().out();
    assertTrue(
        out.contains(
            String.format(Locale.ROOT, "%.1f ±", 100 * result.line("tuned").accuracy().value())),
        out);
    try (TunedModel run = Hone.open(result.folder());
        TunedModel model = Hone.open(result.weights())) {
      assertEquals("negative", run.classify("this bad tea came late").label());
      assertEquals("negative", model.classify("this bad tea came late").label());
    }
  }

  @Test
  void anAdapterIsAskedAsItWasTrainedAlsoWhereTextIsLong() {
    RunResult result =
        Hone.train(
            world.recipe("data.maxTokens=16", "evaluate.lengthNormalized=true", "name=short"));
    String text = "good " + "the box was under the table ".repeat(5);
    try (TunedModel model = Hone.open(result.folder())) {
      // What stands before the last 16 tokens was cut in the training, so it is cut here.
      assertArrayEquals(
          model.classify(text).probabilities(), model.classify("bad " + text).probabilities());
    }
    String own = world.read("runs/short/adapter/hone.json");
    assertTrue(own.contains("\"lengthNormalized\" : true"), own);
  }
}
