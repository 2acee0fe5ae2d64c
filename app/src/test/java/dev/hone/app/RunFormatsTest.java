package dev.hone.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.Hone;
import dev.hone.TunedModel;
import dev.hone.generate.GenerationConfig;
import dev.hone.run.RunResult;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs on rows without labels: what is written is measured by its perplexity. */
class RunFormatsTest {
  private static final String[] UNSPLIT = {
    "data.split.nearDuplicate=1", "train.steps=60", "train.evaluateEvery=30"
  };

  @TempDir Path folder;
  TinyWorld world;

  @BeforeEach
  void world() {
    world = new TinyWorld(folder);
  }

  /** Trains on these rows; the perplexity must fall far below that of the base. */
  private RunResult learned(List<?> rows, String... changes) {
    world.write("rows.jsonl", TinyWorld.jsonl(rows));
    List<String> all = new ArrayList<>(List.of(UNSPLIT));
    all.addAll(List.of(changes));
    RunResult result = Hone.train(world.recipe(all.toArray(String[]::new)));
    assertTrue(
        perplexity(result, "tuned") < perplexity(result, "base") / 3,
        result.perplexities().toString());
    assertEquals(2, world.json("runs/tiny/result.json").path("perplexities").size());
    String eval = world.hone("eval", world.at("runs/tiny")).succeeded().out();
    assertTrue(
        eval.startsWith(
            String.format(Locale.ROOT, "perplexity %.3f ±", perplexity(result, "tuned"))),
        eval);
    return result;
  }

  private static double perplexity(RunResult result, String name) {
    var found = result.perplexities().get(name);
    if (found == null) {
      throw new AssertionError("no " + name);
    }
    return found.perplexity().value();
  }

  @Test
  void completions() {
    RunResult result = learned(TinyWorld.completions(120));
    try (TunedModel model = Hone.open(result.folder())) {
      String answer = model.generate("the a this our", GenerationConfig.greedy(20));
      assertTrue(answer.split(" ").length < 6, "learned to stop: " + answer);
    }
  }

  @Test
  void instructions() {
    List<Map<String, String>> rows = new ArrayList<>();
    for (Map<String, String> row : TinyWorld.completions(120)) {
      rows.add(
          Map.of(
              "instruction",
              "Say the first word.",
              "input",
              String.valueOf(row.get("prompt")),
              "output",
              String.valueOf(row.get("completion"))));
    }
    RunResult result = learned(rows);
    try (TunedModel model = Hone.open(result.folder())) {
      GenerationConfig config = GenerationConfig.greedy(8);
      String framed = "### Instruction:\nSay it.\n\n### Response:\n";
      assertEquals(
          model.continued(framed, config, piece -> {}),
          model.generate("Say it.", config),
          "asked in the frame of the training");
    }
  }

  @Test
  void conversationsInTheWordsOfTheModelsOwnTemplate() {
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
    for (Map<String, String> row : TinyWorld.completions(120)) {
      rows.add(
          Map.of(
              "messages",
              List.of(
                  Map.of("role", "user", "content", String.valueOf(row.get("prompt"))),
                  Map.of("role", "assistant", "content", String.valueOf(row.get("completion"))))));
    }
    RunResult result = learned(rows);
    String question = "the a this our";
    try (TunedModel model = Hone.open(result.folder())) {
      GenerationConfig config = GenerationConfig.greedy(8);
      String framed = "<|im_start|>user\n" + question + "<|im_end|>\n<|im_start|>assistant\n";
      assertEquals(model.continued(framed, config, piece -> {}), model.generate(question, config));
    }
    world.write("base/chat_template.jinja", "{{ messages[0]['content'] }}");
    String run = world.at("runs/tiny");
    String refusal = world.hone("generate", run, question).refusal();
    assertTrue(refusal.contains("not the one of the training"), refusal);
    world.hone("generate", run, question, "--raw").succeeded();
  }

  @Test
  void conversationsNeedATemplate() {
    world.write(
        "rows.jsonl",
        TinyWorld.jsonl(
            List.of(
                Map.of(
                    "messages",
                    List.of(
                        Map.of("role", "user", "content", "hello"),
                        Map.of("role", "assistant", "content", "hello"))))));
    String said = world.train("data.split.test=0", "data.split.validation=0").refusal();
    assertTrue(said.contains("no chat_template.jinja"), said);
  }

  @Test
  void plainTextAndANewModelWithATokenizerOfItsOwn() {
    List<Map<String, String>> rows = new ArrayList<>();
    TinyWorld.labelled(240, 1).forEach(r -> rows.add(Map.of("text", r.get("text") + " today.")));
    learned(rows, "data.format=text", "data.maxTokens=32");
    RunResult result =
        Hone.train(
            world.recipe(
                "model=null",
                "newModel={hiddenSize: 32, layers: 2, heads: 2, keyValueHeads: 1,"
                    + " intermediateSize: 64, vocabSize: 350, maxPositions: 64}",
                "method={type: full}",
                "data.format=text",
                "name=new",
                "train.steps=40"));
    assertTrue(perplexity(result, "tuned") < 100, result.perplexities().toString());
    String text =
        world
            .hone("generate", world.at("runs/new/model"), "the lamp", "--max-tokens", "4")
            .succeeded()
            .out();
    assertTrue(!text.isBlank(), text);
    // The model that was made is a base like any other.
    Hone.train(
        world.recipe(
            "model=" + world.at("runs/new/model"), "data.format=text", "train.steps=2", "name=on"));
  }
}
