package dev.hone.app;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.Hone;
import dev.hone.TunedModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** A language model of general text, then of the task's, then a classifier: one recipe. */
class StagedRunTest {
  private static final List<String> WEIGHTS =
      List.of(
          "1-general/model/model.safetensors",
          "2-target/adapter/adapter_model.safetensors",
          "3-mood/model/model.safetensors");

  @TempDir Path folder;
  TinyWorld world;

  @BeforeEach
  void world() {
    world = new TinyWorld(folder);
    world.write("general.jsonl", TinyWorld.jsonl(TinyWorld.labelled(150, 8)));
    world.write("recipe.yaml", recipe());
  }

  private static String recipe() {
    return """
        name: staged
        newModel: {hiddenSize: 32, layers: 2, heads: 2, keyValueHeads: 1, intermediateSize: 64,
                   vocabSize: 400, maxPositions: 64}
        stages:
          - name: general
            data: {path: general.jsonl, format: text, columns: {text: text}, maxTokens: 32}
            task: language-model
            method: {type: full}
            train: {steps: 20, batch: 8, rate: 1e-2, checkpointEvery: 4}
          - name: target
            data: {path: rows.jsonl, format: text, columns: {text: text}, maxTokens: 32}
            method: {type: lora, rank: 4, alpha: 8}
            train:
              steps: 20
              batch: 8
              rate: 1e-2
              schedule: slanted-triangular
              checkpointEvery: 4
              layers: {rates: {type: discriminative}}
          - name: mood
            data:
              path: rows.jsonl
              split: {validation: 0.1, test: 0.25}
            task: classifier
            method: {type: full}
            train:
              epochs: 12
              batch: 16
              rate: 2e-2
              dropout: 0
              checkpointEvery: 4
              schedule: slanted-triangular
              layers:
                rates: {type: discriminative}
                unfreezing: {type: gradual, epochs: 2}
            evaluate: {baselines: [majority]}
        threads: 1
        runs: runs
        """;
  }

  private byte[] weights(String run, String name) throws IOException {
    return Files.readAllBytes(folder.resolve("runs").resolve(run).resolve(name));
  }

  @Test
  void eachStageBeginsWithTheModelOfTheOneBefore() {
    TinyWorld.Said said = world.train().succeeded();
    assertTrue(said.err().contains("stage 2 of 3: 2-target"), said.err());
    assertTrue(said.err().contains("from step 1: head trains alone"), said.err());
    assertTrue(said.err().contains("layers do not train: they run once a row"), said.err());
    assertTrue(said.out().contains("tuned, accuracy"), said.out());
    JsonNode stages = world.json("runs/staged/result.json").path("stages");
    assertEquals(3, stages.size());
    double base = stages.path(1).path("perplexities").path(0).path("perplexity").asDouble();
    assertTrue(base < 100, "not the 400 of random weights: " + base);
    double accuracy = stages.path(2).path("lines").path(1).path("accuracy").asDouble();
    assertTrue(accuracy > 1.0 / 3, said.out());

    String report = world.read("runs/staged/report.html");
    for (String stage : List.of("1-general", "2-target", "3-mood")) {
      assertTrue(report.contains("href=\"" + stage + "/report.html\""), report);
      assertTrue(Files.exists(folder.resolve("runs/staged/" + stage + "/report.html")));
    }
    assertFalse(Files.exists(folder.resolve("runs/staged/3-mood/frozen")));
    String eval = world.hone("eval", world.at("runs/staged")).succeeded().out();
    assertTrue(eval.contains(String.format("%.1f ±", 100 * accuracy)), eval);
    try (TunedModel model = Hone.open(folder.resolve("runs/staged"))) {
      assertEquals(TinyWorld.LABELS, model.labels());
    }
  }

  /** A text of the test rows must not be learned even without its label. */
  @Test
  void whatALaterStageIsMeasuredOnIsNotRead() {
    world.train().succeeded();
    JsonNode stages = world.json("runs/staged/result.json").path("stages");
    long held = 0;
    for (JsonNode row : stages.path(1).path("dropped")) {
      held += row.path("reason").asString().equals("a later stage is measured on it") ? 1 : 0;
    }
    JsonNode target = stages.path(1).path("splits");
    int test = stages.path(2).path("splits").path("test").asInt();
    assertEquals(60, test);
    // Most of them are test rows of this stage as well: the same text falls on the same side.
    assertTrue(held > 0 && held <= test, "held back: " + held);
    assertEquals(
        240 - held,
        target.path("train").asLong()
            + target.path("validation").asLong()
            + target.path("test").asLong());
  }

  /** kill -9 once this file has so many lines. */
  private void killed(String file, int lines) throws IOException, InterruptedException {
    Process process = world.child("name=killed");
    Path log = folder.resolve("runs/killed").resolve(file);
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(300);
    while (!Files.exists(log) || Files.readAllLines(log).size() < lines) {
      assertTrue(System.nanoTime() < deadline && process.isAlive(), () -> world.read("err"));
      Thread.sleep(2);
    }
    process.destroyForcibly();
    assertEquals(128 + 9, process.waitFor());
  }

  @Test
  void killedInEachStageItIsTheRunThatWasNot() throws IOException, InterruptedException {
    world.train("name=whole").succeeded();
    killed("1-general/metrics.jsonl", 10);
    killed("2-target/metrics.jsonl", 7);
    killed("3-mood/metrics.jsonl", 30);
    killed("3-mood/metrics.jsonl", 70);
    assertFalse(Files.exists(folder.resolve("runs/killed/result.json")));
    String other = world.train("name=killed", "seed=2").refusal();
    assertTrue(other.contains("an unfinished run of another recipe"), other);
    world.train("name=killed").succeeded();
    for (String name : WEIGHTS) {
      assertArrayEquals(weights("whole", name), weights("killed", name), name);
    }
    assertFalse(Files.exists(folder.resolve("runs/killed/1-general-2")), "no stage twice");
  }

  @Test
  void stagesThatMakeNoSenseAreRefused() {
    String beside = world.train("train.epochs=2").refusal();
    assertTrue(beside.contains("move those that stand beside 'stages' into them"), beside);
    world.write("recipe.yaml", recipe().replace("name: target", "name: general"));
    String twice = world.train().refusal();
    assertTrue(twice.contains("stages: two are called 'general'"), twice);
    world.write("recipe.yaml", recipe().replace("task: classifier", "tasks: classifier"));
    String unknown = world.train().refusal();
    assertTrue(
        unknown.contains("recipe.yaml:24: unknown key 'tasks' in stages[2]")
            && unknown.contains("did you mean 'task'?"),
        unknown);
    world.write("recipe.yaml", recipe().replace("type: gradual", "type: gradually"));
    assertTrue(world.train().refusal().contains("did you mean 'gradual'?"));
    world.write("recipe.yaml", recipe().replace("name: target", "name: ../target"));
    assertTrue(world.train().refusal().contains("expected letters, digits"));
    assertFalse(Files.exists(folder.resolve("runs")), "nothing was begun");
  }
}
