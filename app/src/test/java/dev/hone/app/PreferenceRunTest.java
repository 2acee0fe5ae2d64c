package dev.hone.app;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.Hone;
import dev.hone.evaluate.Preference;
import dev.hone.recipe.Recipe;
import dev.hone.run.Run;
import dev.hone.run.RunListener;
import dev.hone.run.RunResult;
import dev.hone.train.StepReport;
import dev.hone.train.StopSignal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** Whole runs on preferences: the mood of a text is the better answer, another mood the worse. */
class PreferenceRunTest {
  @TempDir Path folder;
  TinyWorld world;

  @BeforeEach
  void world() {
    world = new TinyWorld(folder);
    world.write("pairs.jsonl", TinyWorld.jsonl(pairs()));
  }

  private static List<Map<String, String>> pairs() {
    List<Map<String, String>> pairs = new ArrayList<>();
    for (Map<String, String> row : TinyWorld.labelled(480, 1)) {
      String label = Objects.requireNonNull(row.get("label"));
      if (!label.equals("neutral")) {
        String other = label.equals("positive") ? "negative" : "positive";
        pairs.add(
            Map.of(
                "prompt",
                row.get("text") + "\nMood:",
                "chosen",
                " " + label,
                "rejected",
                " " + other));
      }
    }
    return pairs;
  }

  private static List<Map<String, Object>> singles() {
    List<Map<String, Object>> rows = new ArrayList<>();
    for (Map<String, String> pair : pairs()) {
      boolean wanted = rows.size() / 2 % 2 == 0;
      rows.add(
          Map.of(
              "prompt", String.valueOf(pair.get("prompt")),
              "completion", String.valueOf(pair.get(wanted ? "chosen" : "rejected")),
              "label", wanted));
    }
    return rows;
  }

  private Recipe recipe(String objective, String... changes) {
    List<String> all =
        new ArrayList<>(
            List.of(
                "data.path=" + world.at("pairs.jsonl"),
                "objective=" + objective,
                "train.steps=120",
                "train.evaluateEvery=40"));
    all.addAll(List.of(changes));
    return world.recipe(all.toArray(String[]::new));
  }

  private static Preference preference(RunResult result, String name) {
    Preference found = result.preferences().get(name);
    if (found == null) {
      throw new AssertionError("no " + name);
    }
    return found;
  }

  private RunResult learned(Recipe recipe) {
    RunResult result = Hone.train(recipe);
    Preference tuned = preference(result, "tuned");
    assertTrue(tuned.accuracy().value() > 0.9, result.preferences().toString());
    assertTrue(tuned.margin().value() > 0, result.preferences().toString());
    assertTrue(
        preference(result, "base").likelier().value() < 0.75, result.preferences().toString());
    JsonNode line = world.json("runs/tiny/result.json").path("preferences").path(1);
    assertEquals("tuned", line.path("name").asString());
    assertEquals(tuned.accuracy().value(), line.path("reward_accuracy").asDouble());
    assertTrue(line.path("reward_margin_se").asDouble() > 0);
    return result;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{type: dpo}",
        "{type: dpo, lossType: ipo}",
        "{type: dpo, beta: 0.3, labelSmoothing: 0.1}",
        "{type: orpo, beta: 1}",
        "{type: simpo}"
      })
  void aPreferenceIsLearnedFromPairs(String objective) {
    RunResult result = learned(recipe(objective));
    List<JsonNode> lines = world.lines("runs/tiny/metrics.jsonl");
    JsonNode last = lines.get(lines.size() - 2);
    assertEquals(120, last.path("step").asInt());
    assertTrue(last.path("rewards/accuracies").asDouble() > 0.9, last.toString());
    JsonNode validated = lines.getLast();
    assertTrue(validated.path("rewards/accuracies").asDouble() > 0.8, validated.toString());
    assertTrue(
        validated.path("validation_loss").asDouble()
            < lines.get(40).path("validation_loss").asDouble() + 1,
        validated.toString());
    String eval = world.hone("eval", world.at("runs/tiny")).succeeded().out();
    Preference tuned = preference(result, "tuned");
    assertTrue(
        eval.contains(
            String.format(
                java.util.Locale.ROOT,
                "%.1f ± %.1f %%",
                100 * tuned.accuracy().value(),
                100 * tuned.accuracy().standardError())),
        eval);
  }

  @Test
  void aPreferenceIsLearnedFromSingleAnswers() {
    world.write("pairs.jsonl", TinyWorld.jsonl(singles()));
    learned(recipe("{type: kto, desirableWeight: 1.2}", "train.microBatch=5"));
    JsonNode line = world.lines("runs/tiny/metrics.jsonl").get(100);
    assertTrue(line.has("kl") && line.has("rewards/margins"), line.toString());
  }

  @Test
  void aWholeModelIsItsOwnReferenceBeforeTheTraining() {
    RunResult result = learned(recipe("{type: dpo}", "method={type: full}", "train.rate=3e-3"));
    String eval = world.hone("eval", world.at("runs/tiny")).succeeded().out();
    assertTrue(
        eval.contains(
            String.format(
                java.util.Locale.ROOT, "%.3f ±", preference(result, "tuned").margin().value())),
        "the same margin against the base of the recipe: " + eval);
  }

  @Test
  void conversations() {
    world.write(
        "base/chat_template.jinja",
        """
        {%- for message in messages -%}
        {{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}
        {%- endfor -%}
        {%- if add_generation_prompt -%}
        {{ '<|im_start|>assistant\\n' }}
        {%- endif -%}
        """);
    List<Map<String, Object>> rows = new ArrayList<>();
    for (Map<String, String> pair : pairs()) {
      rows.add(
          Map.of(
              "prompt", List.of(message("user", pair.get("prompt"))),
              "chosen", List.of(message("assistant", pair.get("chosen"))),
              "rejected", List.of(message("assistant", pair.get("rejected")))));
    }
    world.write("pairs.jsonl", TinyWorld.jsonl(rows));
    learned(recipe("{type: dpo}"));
  }

  private static Map<String, String> message(
      String role, @org.jspecify.annotations.Nullable String content) {
    return Map.of("role", role, "content", String.valueOf(content).strip());
  }

  @ParameterizedTest
  @ValueSource(strings = {"{type: dpo}", "{type: kto}"})
  void aRunThatIsTakenUpIsTheRunThatWasNot(String objective) throws IOException {
    if (objective.contains("kto")) {
      world.write("pairs.jsonl", TinyWorld.jsonl(singles()));
    }
    String[] changes = {"train.steps=40", "train.dropout=0.1", "train.microBatch=6"};
    RunResult whole = Hone.train(named(objective, "whole", changes));
    Recipe parts = named(objective, "parts", changes);
    StopSignal stop = new StopSignal();
    RunListener listener =
        new RunListener() {
          @Override
          public void step(StepReport report) {
            if (report.step() == 17) {
              stop.request();
            }
          }
        };
    assertTrue(new Run(parts, listener, stop).execute().isEmpty());
    assertTrue(Files.exists(folder.resolve("runs/parts/reference.json")));
    RunResult resumed = Hone.train(parts);
    assertArrayEquals(adapter("whole"), adapter("parts"));
    assertEquals(whole.preferences(), resumed.preferences());
    assertEquals(numbers("whole"), numbers("parts"));
  }

  private Recipe named(String objective, String name, String... changes) {
    List<String> all = new ArrayList<>(List.of(changes));
    all.add("name=" + name);
    return recipe(objective, all.toArray(String[]::new));
  }

  private byte[] adapter(String run) throws IOException {
    return Files.readAllBytes(
        folder.resolve("runs").resolve(run).resolve("adapter/adapter_model.safetensors"));
  }

  private List<String> numbers(String run) {
    return world.lines("runs/" + run + "/metrics.jsonl").stream()
        .map(
            l ->
                l.path("step")
                    + " "
                    + l.path("loss")
                    + l.path("validation_loss")
                    + l.path("rewards/margins")
                    + l.path("kl"))
        .toList();
  }

  @Test
  void theTableAndTheReportShowIt() {
    String said =
        world
            .train("data.path=" + world.at("pairs.jsonl"), "objective={type: dpo}", "train.steps=3")
            .succeeded()
            .out();
    assertTrue(said.contains("reward accuracy"), said);
    assertTrue(said.contains("base"), said);
    assertTrue(world.read("runs/tiny/report.html").contains("reward margin, tuned"));
    assertTrue(world.read("runs/tiny/recipe.yaml").contains("objective:\n  type: dpo\n"));
  }

  private void refused(String part, String... changes) {
    List<String> all = new ArrayList<>(List.of("data.path=" + world.at("pairs.jsonl")));
    all.addAll(List.of(changes));
    String said = world.train(all.toArray(String[]::new)).refusal();
    assertTrue(said.contains(part), said);
    assertFalse(Files.exists(folder.resolve("runs/tiny/result.json")));
  }

  @Test
  void whatDoesNotFitTogetherIsRefused() {
    refused("say how they are learned, with objective={type: dpo}");
    refused("kto learns from rows with prompt, completion and label", "objective={type: kto}");
    refused("objective.labelSmoothing", "objective={type: dpo}", "train.labelSmoothing=0.1");
    refused(
        "labelSmoothing is for lossType sigmoid",
        "objective={type: dpo, lossType: ipo, labelSmoothing: 0.1}");
    refused("did you mean 'beta'", "objective={type: dpo, betta: 1}");
    refused("expected one of dpo, orpo, simpo, kto", "objective={type: ppo}");
    world.write("pairs.jsonl", TinyWorld.jsonl(singles()));
    refused("with objective={type: kto}");
    refused("train.batch is 1, expected at least 2", "objective={type: kto}", "train.batch=1");
    world.write("pairs.jsonl", TinyWorld.jsonl(TinyWorld.completions(20)));
    refused(
        "dpo learns from rows with prompt, chosen and rejected, but these rows are completion",
        "objective={type: dpo}");
  }

  @Test
  void rowsWithoutAPreferenceAreCountedAndListed() {
    List<Map<String, String>> rows = new ArrayList<>(pairs());
    rows.add(Map.of("prompt", "a", "chosen", " b", "rejected", " b"));
    rows.add(Map.of("prompt", "a", "chosen", "", "rejected", " b"));
    world.write("pairs.jsonl", TinyWorld.jsonl(rows));
    Hone.train(recipe("{type: simpo}", "train.steps=2"));
    JsonNode result = world.json("runs/tiny/result.json");
    assertEquals(2, result.path("dropped_rows").asInt());
    assertEquals(
        "chosen and rejected are the same",
        result.path("dropped").path(0).path("reason").asString());
  }
}
