package dev.hone.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.Hone;
import dev.hone.run.RunResult;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An AWD-LSTM from nothing: it learns to write, then to tell labels apart. */
class RecurrentRunTest {
  @TempDir Path folder;

  @Test
  void aNewModelWritesAndBecomesAClassifier() {
    TinyWorld world = new TinyWorld(folder);
    List<Map<String, String>> texts = new ArrayList<>();
    TinyWorld.labelled(240, 1).forEach(r -> texts.add(Map.of("text", r.get("text") + " today.")));
    world.write("texts.jsonl", TinyWorld.jsonl(texts));
    RunResult written =
        Hone.train(
            world.recipe(
                "model=null",
                "newModel={type: awd_lstm, embeddingSize: 24, hiddenSize: 40, layers: 2,"
                    + " vocabSize: 350, bptt: 16, inputDropout: 0.1, hiddenDropout: 0.1, initStd: 0.1}",
                "method={type: full}",
                "data.path=" + world.at("texts.jsonl"),
                "data.format=text",
                "name=writer",
                "train.dropout=-1",
                "train.batch=8",
                "train.steps=150"));
    double perplexity =
        Objects.requireNonNull(written.perplexities().get("tuned")).perplexity().value();
    assertTrue(perplexity < 100, written.perplexities().toString());
    String eval = world.hone("eval", world.at("runs/writer")).succeeded().out();
    assertTrue(eval.startsWith(String.format(Locale.ROOT, "perplexity %.3f ±", perplexity)), eval);
    String writer = world.at("runs/writer/model");
    String text = world.hone("generate", writer, "the lamp", "--max-tokens", "6").succeeded().out();
    assertTrue(!text.isBlank(), text);
    String seen = world.hone("inspect", writer).succeeded().out();
    assertTrue(seen.contains("AwdLstmForCausalLM"), seen);
    assertTrue(!seen.contains("2147483647") && !seen.contains("2,147,483,647"), seen);

    String refusal = world.train("model=" + writer).refusal();
    assertTrue(refusal.contains("method.type is lora"), refusal);

    RunResult told =
        Hone.train(
            world.recipe(
                "model=" + writer, "method={type: full}", "name=reader", "train.steps=200"));
    var tuned =
        told.lines().stream().filter(l -> l.name().equals("tuned")).findFirst().orElseThrow();
    assertTrue(tuned.accuracy().value() > 0.9, tuned.toString());
    assertEquals(
        "AwdLstmForSequenceClassification",
        world.json("runs/reader/model/config.json").path("architectures").path(0).asString(""));
    String again = world.hone("eval", world.at("runs/reader")).succeeded().out();
    assertTrue(
        again.contains(String.format(Locale.ROOT, "%.1f", 100 * tuned.accuracy().value()))
            || again.contains(String.format(Locale.ROOT, "%.3f", tuned.accuracy().value())),
        again);
  }
}
