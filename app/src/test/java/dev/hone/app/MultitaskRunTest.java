package dev.hone.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.Hone;
import dev.hone.run.RunResult;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One prompt for two tasks, whose rows say the first word again or the last. */
class MultitaskRunTest {
  private static final String METHOD =
      "method={type: multitask-prompt-tuning, numVirtualTokens: 6, tasks: [first, last], numRanks:"
          + " 2}";

  @TempDir Path folder;
  private TinyWorld world;

  @BeforeEach
  void rows() {
    world = new TinyWorld(folder);
    List<Map<String, String>> rows = new ArrayList<>();
    for (Map<String, String> row : TinyWorld.completions(120)) {
      String prompt = String.valueOf(row.get("prompt"));
      boolean first = rows.size() % 2 == 0;
      String word =
          first ? prompt.split(" ", -1)[0] : prompt.substring(prompt.lastIndexOf(' ') + 1);
      rows.add(
          Map.of("prompt", prompt, "completion", " " + word, "task", first ? "first" : "last"));
    }
    world.write("rows.jsonl", TinyWorld.jsonl(rows));
  }

  @Test
  void theRunLearnsIsMeasuredAgainAndAskedForATask() {
    RunResult result =
        Hone.train(
            world.recipe(
                METHOD,
                "data.split.nearDuplicate=1",
                "train.rate=3e-3",
                "train.steps=40",
                "train.evaluateEvery=20"));
    var base = result.perplexities().get("base");
    var tuned = result.perplexities().get("tuned");
    assertNotNull(base);
    assertNotNull(tuned);
    assertTrue(tuned.perplexity().value() < 0.8 * base.perplexity().value(), tuned.toString());
    String run = world.at("runs/tiny");
    String again = world.hone("eval", run).succeeded().out();
    String expected = String.format(Locale.ROOT, "perplexity %.3f ±", tuned.perplexity().value());
    assertTrue(again.startsWith(expected), again + expected);
    assertEquals(
        "[\"first\",\"last\"]", world.json("runs/tiny/adapter/hone.json").path("tasks").toString());
    String[] ask = {"generate", run, "the lamp", "--max-tokens", "3", "--task", "last"};
    world.hone(ask).succeeded();
    ask[6] = "lats";
    assertTrue(world.hone(ask).refusal().contains("(did you mean 'last'?)"));
  }

  @Test
  void rowsOfOtherTasksAreRefused() {
    String unknown = world.train(METHOD.replace("last]", "third]")).refusal();
    assertTrue(unknown.contains("task 'last' is not in method.tasks"), unknown);
    String unlisted = world.train(METHOD.replace(" tasks: [first, last],", "")).refusal();
    assertTrue(unlisted.contains("names first, last: list them in method.tasks"), unlisted);
    world.write("rows.jsonl", TinyWorld.jsonl(TinyWorld.completions(60)));
    String none = world.train(METHOD).refusal();
    assertTrue(none.contains("the row has no task"), none);
    String single = world.at("runs/tiny");
    world
        .train("name=tiny2", "method={type: multitask-prompt-tuning}", "train.steps=2")
        .succeeded();
    assertTrue(
        world
            .hone("generate", single + "2", "the lamp", "--task", "first")
            .refusal()
            .contains("not trained on several tasks"));
  }
}
