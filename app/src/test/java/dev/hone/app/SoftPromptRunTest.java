package dev.hone.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.Hone;
import dev.hone.TunedModel;
import dev.hone.generate.GenerationConfig;
import dev.hone.run.RunResult;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whole runs that train virtual tokens, on a model that knows nothing. */
class SoftPromptRunTest {
  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{type: prompt-tuning, numVirtualTokens: 6}",
        "{type: prompt-tuning, promptTuningInit: text, promptTuningInitText: 'the lamp was good'}",
        "{type: prefix-tuning, numVirtualTokens: 6}",
        "{type: p-tuning, numVirtualTokens: 6}"
      })
  void theRunLearnsIsMeasuredAgainAndAsked(String method) {
    TinyWorld world = new TinyWorld(folder);
    world.write("rows.jsonl", TinyWorld.jsonl(TinyWorld.completions(120)));
    RunResult result =
        Hone.train(
            world.recipe(
                "method=" + method,
                "data.split.nearDuplicate=1",
                "train.rate=3e-3",
                "train.steps=40",
                "train.evaluateEvery=20"));
    var base = result.perplexities().get("base");
    var tuned = result.perplexities().get("tuned");
    assertNotNull(base);
    assertNotNull(tuned);
    assertTrue(tuned.perplexity().value() < 0.8 * base.perplexity().value(), method);
    assertFalse(Files.exists(result.folder().resolve("frozen")), "no layer is below them");
    String run = world.at("runs/tiny");
    assertTrue(
        world
            .hone("eval", run)
            .succeeded()
            .out()
            .startsWith(
                String.format(
                    java.util.Locale.ROOT, "perplexity %.3f ±", tuned.perplexity().value())));
    try (TunedModel model = Hone.open(result.folder())) {
      GenerationConfig greedy = GenerationConfig.greedy(5);
      assertEquals(
          model.generate("the lamp", greedy), model.generate("the lamp", greedy), "it answers");
    }
    String refusal = world.hone("merge", run, world.at("merged")).refusal();
    assertTrue(refusal.contains("cannot be merged"), refusal);
    assertFalse(Files.exists(folder.resolve("merged")));
    world.hone("inspect", run).succeeded();
  }
}
