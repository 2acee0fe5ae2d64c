package dev.hone.app;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.Hone;
import dev.hone.recipe.Recipe;
import dev.hone.run.Run;
import dev.hone.run.RunListener;
import dev.hone.train.StepReport;
import dev.hone.train.StopSignal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** A run that was stopped or killed is, in the end, the run that was not. */
class ResumedRunTest {
  @TempDir Path folder;
  TinyWorld world;

  @BeforeEach
  void world() {
    world = new TinyWorld(folder);
  }

  /** Every line of the metrics, without what a clock has measured. */
  private List<String> metrics(String run) {
    List<String> lines = new ArrayList<>();
    for (JsonNode line : world.lines("runs/" + run + "/metrics.jsonl")) {
      lines.add(
          line.path("step")
              + " "
              + line.path("loss")
              + line.path("validation_loss")
              + line.path("grad_norm"));
    }
    return lines;
  }

  private byte[] adapter(String run) throws IOException {
    return Files.readAllBytes(
        folder.resolve("runs").resolve(run).resolve("adapter/adapter_model.safetensors"));
  }

  private void assertSameRun(String expected, String actual) throws IOException {
    assertEquals(metrics(expected), metrics(actual));
    assertArrayEquals(adapter(expected), adapter(actual));
    JsonNode whole = world.json("runs/" + expected + "/result.json");
    JsonNode resumed = world.json("runs/" + actual + "/result.json");
    for (String key : List.of("lines", "steps", "best_step", "tokens", "comparisons")) {
      assertEquals(whole.path(key), resumed.path(key), key);
    }
  }

  /** Stops after this step, as Ctrl-C does. */
  private boolean stopped(Recipe recipe, int step) {
    StopSignal stop = new StopSignal();
    RunListener listener =
        new RunListener() {
          @Override
          public void step(StepReport report) {
            if (report.step() == step) {
              stop.request();
            }
          }
        };
    return new Run(recipe, listener, stop).execute().isEmpty();
  }

  /** What a training tells passes the log and the wish to stop. */
  @Test
  void aListenerHearsAllOfTheTraining() {
    List<String> heard = new ArrayList<>();
    Hone.train(
        world.recipe("train.steps=20"),
        new RunListener() {
          @Override
          public void validated(int step, double loss, boolean best) {
            heard.add("validated " + step);
          }

          @Override
          public void checkpointed(int step) {
            heard.add("checkpointed " + step);
          }
        });
    assertEquals(
        List.of("validated 10", "checkpointed 10", "validated 20", "checkpointed 20"), heard);
  }

  /** Before and after the training a run is asked to stop while it measures. */
  @Test
  void stoppedWhileItIsMeasured() throws IOException {
    String zeroShot = "evaluate.baselines=[zero-shot]";
    Hone.train(world.recipe("train.steps=20", zeroShot, "name=whole"));
    Recipe recipe = world.recipe("train.steps=20", zeroShot, "name=parts");
    for (String phase : List.of("zero_shot", "tuned")) {
      StopSignal stop = new StopSignal();
      List<Integer> rows = new ArrayList<>();
      RunListener listener =
          new RunListener() {
            private String now = "";

            @Override
            public void phase(String name) {
              now = name;
            }

            @Override
            public void progress(int done, int total) {
              if (now.equals(phase)) {
                rows.add(done);
                stop.request();
              }
            }
          };
      assertTrue(new Run(recipe, listener, stop).execute().isEmpty());
      assertEquals(List.of(1), rows, "not one row more");
    }
    Hone.train(recipe);
    assertSameRun("whole", "parts");
  }

  @Test
  void stoppedTwiceAndTakenUp() throws IOException {
    Hone.train(world.recipe("train.dropout=0.1", "name=whole"));
    Recipe recipe = world.recipe("train.dropout=0.1", "name=parts");
    assertTrue(stopped(recipe, 37));
    assertFalse(Files.exists(folder.resolve("runs/parts/result.json")));
    assertTrue(Files.exists(folder.resolve("runs/parts/checkpoints/step-37/state.json")));
    assertTrue(stopped(recipe, 100));
    assertEquals(100 + 10, metrics("parts").size(), "a line a step, and one a validation");
    boolean[] resumed = {false};
    RunListener listener =
        new RunListener() {
          @Override
          public void opened(Path path, boolean taken) {
            resumed[0] = taken;
          }
        };
    assertTrue(new Run(recipe, listener, new StopSignal()).execute().isPresent());
    assertTrue(resumed[0]);
    assertSameRun("whole", "parts");
  }

  @Test
  void stoppedWhileTheRandomModelTrains() throws IOException {
    String lines = "evaluate.baselines=[majority,random-weights]";
    Hone.train(world.recipe(lines, "train.steps=40", "name=whole"));
    Recipe recipe = world.recipe(lines, "train.steps=40", "name=parts");
    StopSignal stop = new StopSignal();
    int[] steps = {0};
    RunListener listener =
        new RunListener() {
          private boolean random;

          @Override
          public void phase(String name) {
            random = name.equals("random_weights");
          }

          @Override
          public void step(StepReport report) {
            if (random && ++steps[0] == 20) {
              stop.request();
            }
          }
        };
    assertTrue(new Run(recipe, listener, stop).execute().isEmpty(), "no result from half a model");
    assertFalse(Files.exists(folder.resolve("runs/parts/result.json")));
    Hone.train(recipe);
    assertSameRun("whole", "parts");
  }

  private void awaitLines(String run, int count) throws IOException, InterruptedException {
    Path file = folder.resolve("runs").resolve(run).resolve("metrics.jsonl");
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (!Files.exists(file) || Files.readAllLines(file).size() < count) {
      assertTrue(System.nanoTime() < deadline, () -> "no step: " + world.read("err"));
      Thread.sleep(2);
    }
  }

  @Test
  void endedByASignalThenKilledThenFinished() throws IOException, InterruptedException {
    String[] changes = {"train.steps=300", "train.dropout=0.1", "train.checkpointEvery=7"};
    List<String> whole = new ArrayList<>(List.of(changes));
    whole.add("name=whole");
    Hone.train(world.recipe(whole.toArray(String[]::new)));
    Process asked = world.child(changes);
    awaitLines("tiny", 20);
    String busy = world.train(changes).refusal();
    assertTrue(busy.contains("runs/tiny: another run is writing into this folder; wait"), busy);
    asked.destroy();
    assertEquals(128 + 15, asked.waitFor());
    assertTrue(world.read("err").contains("the same command takes the run up again"));
    int written = metrics("tiny").size();
    assertTrue(written < 300, "stopped in the middle");
    Process killed = world.child(changes);
    awaitLines("tiny", written + 40);
    killed.destroyForcibly();
    assertEquals(128 + 9, killed.waitFor());
    assertTrue(metrics("tiny").size() < 320, "killed in the middle");
    // A line that was cut in its middle is what a full buffer or a crash leaves.
    Files.writeString(
        folder.resolve("runs/tiny/metrics.jsonl"),
        world.read("runs/tiny/metrics.jsonl") + "{\"step\":9");
    TinyWorld.Said said = world.train(changes).succeeded();
    assertTrue(said.err().startsWith("taking up "), said.err());
    assertSameRun("whole", "tiny");
  }

  @Test
  void twoRunsIntoOneFolderAtOnce() {
    List<String> refusals = new ArrayList<>();
    RunListener listener =
        new RunListener() {
          @Override
          public void opened(Path path, boolean resumed) {
            refusals.add(world.train().refusal());
          }
        };
    assertTrue(
        new Run(world.recipe("train.steps=2"), listener, new StopSignal()).execute().isPresent());
    assertEquals(
        List.of(
            "hone: "
                + folder.resolve("runs/tiny")
                + ": another run is writing into this folder; wait for it, or give this run a name"
                + " of its own (name=...)"),
        refusals);
  }

  @Test
  void anUnfinishedRunOfAnotherRecipeIsNotOverwritten() {
    assertTrue(stopped(world.recipe(), 15));
    String said = world.train("train.rate=1e-3").refusal();
    assertTrue(
        said.contains("runs/tiny holds an unfinished run of another recipe; finish it with"), said);
    assertTrue(said.contains("hone train " + folder.resolve("runs/tiny/recipe.yaml")), said);
    world.hone("train", world.at("runs/tiny/recipe.yaml")).succeeded();
    assertTrue(
        world.train("train.rate=1e-3", "train.steps=2").succeeded().err().contains("tiny-2"));
  }

  @Test
  void aRunThatWasRefusedGivesWayToTheMendedRecipe() {
    assertTrue(world.train("data.columns={text: body, label: label}").refusal().contains("body"));
    TinyWorld.Said said = world.train("train.steps=2").succeeded();
    assertTrue(said.err().startsWith("writing to " + folder.resolve("runs/tiny")), said.err());
    assertFalse(Files.exists(folder.resolve("runs/tiny-2")));
  }

  @Test
  void rowsOrBaseThatChangedSinceAreRefused() {
    assertTrue(stopped(world.recipe(), 15));
    world.write("rows.jsonl", TinyWorld.jsonl(TinyWorld.labelled(240, 2)));
    String rows = world.train().refusal();
    assertTrue(rows.contains("runs/tiny was begun with other rows or another base model"), rows);
    world.write("rows.jsonl", TinyWorld.jsonl(TinyWorld.labelled(240, 1)));
    TinyWorld.base(folder.resolve("base"), 9);
    assertTrue(world.train().refusal().contains("another base model"));
    TinyWorld.base(folder.resolve("base"), 1);
    world.train().succeeded();
  }
}
