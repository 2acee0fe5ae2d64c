package dev.hone.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.Hone;
import dev.hone.TunedModel;
import dev.hone.generate.EarlyStopping;
import dev.hone.generate.GenerationConfig;
import dev.hone.model.Model;
import dev.hone.model.ModelFiles;
import dev.hone.model.family.Families;
import dev.hone.store.Config;
import dev.hone.tensor.DType;
import dev.hone.tensor.Engine;
import dev.hone.tokenizer.BpeTrainer;
import dev.hone.tokenizer.BpeVocabulary;
import dev.hone.tokenizer.Tokenizer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.node.ObjectNode;

/** A model that reads one text and writes another goes the whole way. */
class PairRunTest {
  private static final String FULL = "method={type: full}";

  @TempDir Path folder;
  TinyWorld world;

  @BeforeEach
  void t5() throws Exception {
    world = new TinyWorld(folder);
    Path base = folder.resolve("t5");
    List<String> texts = new ArrayList<>();
    TinyWorld.labelled(240, 1).forEach(r -> texts.add(r.get("text") + "\nMood: " + r.get("label")));
    BpeTrainer.train(texts, 400).save(base);
    ObjectNode config =
        (ObjectNode)
            new ObjectMapper()
                .readTree(
                    """
                    {"architectures": ["T5ForConditionalGeneration"], "model_type": "t5",
                     "is_encoder_decoder": true, "d_model": 32, "d_kv": 16, "d_ff": 64,
                     "num_layers": 2, "num_heads": 2, "vocab_size": 400, "n_positions": 64,
                     "feed_forward_proj": "gated-gelu", "tie_word_embeddings": false,
                     "dropout_rate": 0.0, "initializer_range": 0.2}
                    """);
    Engine.seed(3);
    try (Tokenizer tokenizer = Tokenizer.open(base)) {
      int pad = tokenizer.id(BpeVocabulary.PAD);
      config.put("pad_token_id", pad).put("decoder_start_token_id", pad);
      config.put("eos_token_id", tokenizer.id(BpeVocabulary.END_OF_TEXT));
      try (Model model = Families.random(Config.of(base.resolve("config.json"), config))) {
        ModelFiles.write(base, model, Map.of(), DType.F32);
      }
    }
  }

  private static List<Map<String, String>> pairs(int count, long seed) {
    return TinyWorld.labelled(count, seed).stream()
        .map(r -> Map.of("prompt", r.get("text"), "completion", " " + r.get("label")))
        .toList();
  }

  @Test
  void completionsAreLearnedAndWritten() {
    world.write("pairs.jsonl", TinyWorld.jsonl(pairs(240, 1)));
    world
        .train(
            "model=" + world.at("t5"),
            "data.path=" + world.at("pairs.jsonl"),
            FULL,
            "train.rate=3e-3")
        .succeeded();
    JsonNode scores = world.json("runs/tiny/result.json").path("perplexities");
    double before = scores.get(0).path("perplexity").asDouble();
    double after = scores.get(1).path("perplexity").asDouble();
    assertTrue(after > 1 && after < 2 && before > 50, scores.toString());
    String eval = world.hone("eval", world.at("runs/tiny")).succeeded().out();
    assertTrue(eval.contains("perplexity"), eval);
    GenerationConfig beams = GenerationConfig.beams(8, 3).withBeams(3, 1, EarlyStopping.TRUE);
    try (TunedModel model = Hone.open(folder.resolve("runs/tiny"))) {
      int right = 0;
      for (Map<String, String> row : pairs(30, 2)) {
        String said = model.generate(row.getOrDefault("prompt", ""), GenerationConfig.greedy(8));
        right += said.equals(row.get("completion")) ? 1 : 0;
      }
      assertTrue(right > 20, right + " of 30");
      String prompt = "the lamp was good today";
      String said =
          world
              .hone(
                  "generate",
                  world.at("runs/tiny"),
                  prompt,
                  "--num-beams",
                  "3",
                  "--early-stopping",
                  "true",
                  "--max-tokens",
                  "8")
              .succeeded()
              .out();
      assertEquals(model.generate(prompt, beams), said.substring(0, said.length() - 1));
      assertEquals(" positive", model.generate(prompt, beams));
    }
  }

  @Test
  void labelsAreLearnedWithLoraAndMerged() {
    world.train("model=" + world.at("t5"), "method.rank=16").succeeded();
    double tuned = 0;
    double majority = 0;
    for (JsonNode line : world.json("runs/tiny/result.json").path("lines")) {
      double accuracy = line.path("accuracy").asDouble();
      majority = line.path("name").asString().equals("majority") ? accuracy : majority;
      tuned = accuracy;
    }
    assertTrue(tuned > majority + 0.2, "tuned " + tuned + ", majority " + majority);
    assertEquals(
        "SEQ_2_SEQ_LM",
        world.json("runs/tiny/adapter/adapter_config.json").path("task_type").asString());
    world.hone("merge", world.at("runs/tiny"), world.at("merged")).succeeded();
    assertTrue(Files.exists(folder.resolve("merged/model.safetensors")));
    try (TunedModel adapter = Hone.open(folder.resolve("runs/tiny"));
        TunedModel merged = Hone.open(folder.resolve("merged"))) {
      String text = "the lamp was good today";
      assertEquals(adapter.classify(text).label(), merged.classify(text).label());
    }
  }

  @Test
  void whatIsNoPairIsRefused() {
    String said =
        world
            .train("model=" + world.at("t5"), "data.format=text", "data.columns={text: text}")
            .refusal();
    assertTrue(said.contains("reads one text and writes another"), said);
  }
}
