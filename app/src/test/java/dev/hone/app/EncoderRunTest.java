package dev.hone.app;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.Hone;
import dev.hone.TunedModel;
import dev.hone.model.Model;
import dev.hone.model.ModelFiles;
import dev.hone.model.family.Families;
import dev.hone.run.RunResult;
import dev.hone.store.Config;
import dev.hone.store.Safetensors;
import dev.hone.tensor.DType;
import dev.hone.tensor.Engine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.node.ObjectNode;

/** An encoder that was trained as a masked language model gets a head for the task. */
class EncoderRunTest {
  private static final String NEW_HEAD =
      "new, from random weights: bert.pooler.dense.weight, bert.pooler.dense.bias,"
          + " classifier.weight, classifier.bias";

  @TempDir Path folder;
  TinyWorld world;

  @BeforeEach
  void encoder() throws IOException {
    world = new TinyWorld(folder);
    bert("bert", "BertForMaskedLM", 2);
  }

  /** A BERT with random weights and one WordPiece a word. */
  private void bert(String name, String architecture, int labels) throws IOException {
    List<String> words = new ArrayList<>(List.of("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"));
    TreeSet<String> seen = new TreeSet<>();
    TinyWorld.labelled(240, 1)
        .forEach(r -> seen.addAll(List.of(String.valueOf(r.get("text")).split(" "))));
    words.addAll(seen);
    Path base = Files.createDirectories(folder.resolve(name));
    ObjectMapper json = new ObjectMapper();
    ObjectNode config =
        (ObjectNode)
            json.readTree(
                """
                {"model_type": "bert", "hidden_size": 32, "num_hidden_layers": 2,
                 "num_attention_heads": 2, "intermediate_size": 64, "max_position_embeddings": 64,
                 "type_vocab_size": 2, "hidden_act": "gelu", "layer_norm_eps": 1e-12,
                 "initializer_range": 0.2, "pad_token_id": 0}
                """);
    config.putArray("architectures").add(architecture);
    config.put("vocab_size", words.size());
    config.put("num_labels", labels);
    Engine.seed(1);
    try (Model model = Families.random(Config.of(base.resolve("config.json"), config))) {
      ModelFiles.write(base, model, Map.of(), DType.F32);
    }
    ObjectNode tokenizer =
        (ObjectNode)
            json.readTree(
                """
                {"version": "1.0", "truncation": null, "padding": null, "added_tokens": [],
                 "normalizer": {"type": "BertNormalizer", "clean_text": true,
                   "handle_chinese_chars": true, "strip_accents": null, "lowercase": true},
                 "pre_tokenizer": {"type": "BertPreTokenizer"},
                 "post_processor": {"type": "TemplateProcessing",
                   "single": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}},
                              {"Sequence": {"id": "A", "type_id": 0}},
                              {"SpecialToken": {"id": "[SEP]", "type_id": 0}}],
                   "pair": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}},
                            {"Sequence": {"id": "A", "type_id": 0}},
                            {"SpecialToken": {"id": "[SEP]", "type_id": 0}},
                            {"Sequence": {"id": "B", "type_id": 1}},
                            {"SpecialToken": {"id": "[SEP]", "type_id": 1}}],
                   "special_tokens": {
                     "[CLS]": {"id": "[CLS]", "ids": [2], "tokens": ["[CLS]"]},
                     "[SEP]": {"id": "[SEP]", "ids": [3], "tokens": ["[SEP]"]}}},
                 "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": true},
                 "model": {"type": "WordPiece", "unk_token": "[UNK]",
                   "continuing_subword_prefix": "##", "max_input_chars_per_word": 100}}
                """);
    ObjectNode vocab = ((ObjectNode) tokenizer.path("model")).putObject("vocab");
    words.forEach(w -> vocab.put(w, vocab.size()));
    for (int i = 0; i < 5; i++) {
      ObjectNode token =
          ((tools.jackson.databind.node.ArrayNode) tokenizer.path("added_tokens")).addObject();
      token.put("id", i).put("content", words.get(i)).put("special", true);
      for (String off : List.of("single_word", "lstrip", "rstrip", "normalized")) {
        token.put(off, false);
      }
    }
    world.write(name + "/tokenizer.json", tokenizer.toString());
    world.write(
        name + "/tokenizer_config.json",
        """
        {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]",
         "mask_token": "[MASK]"}
        """);
  }

  private static void assertLearned(RunResult result) {
    double tuned = result.line("tuned").accuracy().value();
    assertTrue(tuned > result.line("majority").accuracy().value() + 0.4, "tuned " + tuned);
  }

  @Test
  void aNewHeadTrainsWithLoraAndIsSavedWithIt() {
    TinyWorld.Said said = world.train("model=" + world.at("bert"), "train.rate=3e-3").succeeded();
    assertTrue(said.err().contains(NEW_HEAD), said.err());
    double tuned = 0;
    for (var line : world.json("runs/tiny/result.json").path("lines")) {
      tuned = line.path("accuracy").asDouble();
    }
    assertTrue(tuned > 0.75, "tuned " + tuned);
    assertEquals(
        List.of("bert.pooler.dense", "classifier"),
        world
            .json("runs/tiny/adapter/adapter_config.json")
            .path("modules_to_save")
            .values()
            .stream()
            .map(m -> m.asString())
            .toList());
    try (Safetensors file =
        Safetensors.open(folder.resolve("runs/tiny/adapter/adapter_model.safetensors"))) {
      assertTrue(file.contains("base_model.model.classifier.weight"));
      assertTrue(file.contains("base_model.model.bert.pooler.dense.bias"));
      assertTrue(
          file.names().stream().noneMatch(n -> n.contains("pooler") && n.contains("lora")),
          "trained whole, so without a product");
    }
    String eval = world.hone("eval", world.at("runs/tiny")).succeeded().out();
    assertTrue(eval.contains(String.format(Locale.ROOT, " %.1f ±", 100 * tuned)), eval);
    world.hone("merge", world.at("runs/tiny"), world.at("merged")).succeeded();
    try (TunedModel adapter = Hone.open(folder.resolve("runs/tiny"));
        TunedModel merged = Hone.open(folder.resolve("merged"))) {
      TunedModel.Answer answer = adapter.classify("the lamp was good today");
      assertEquals("positive", answer.label());
      assertArrayEquals(
          answer.probabilities(), merged.classify("the lamp was good today").probabilities(), 1e-4);
    }
  }

  @Test
  void aNewHeadTrainsWithBottlenecksAndIsSavedBesideThem() {
    world
        .train(
            "model=" + world.at("bert"),
            "method={type: bottleneck, preset: houlsby, reductionFactor: 4}",
            "train.rate=3e-3")
        .succeeded();
    double tuned = 0;
    for (var line : world.json("runs/tiny/result.json").path("lines")) {
      tuned = line.path("accuracy").asDouble();
    }
    assertTrue(tuned > 0.75, "tuned " + tuned);
    assertEquals(
        "BertForSequenceClassification",
        world.json("runs/tiny/adapter/head_config.json").path("model_class").asString());
    try (Safetensors head =
        Safetensors.open(folder.resolve("runs/tiny/adapter/model_head.safetensors"))) {
      assertTrue(head.contains("classifier.weight"));
      assertTrue(head.contains("bert.pooler.dense.bias"));
    }
    String eval = world.hone("eval", world.at("runs/tiny")).succeeded().out();
    assertTrue(eval.contains(String.format(Locale.ROOT, " %.1f ±", 100 * tuned)), eval);
    String facts = world.hone("inspect", world.at("runs/tiny/adapter")).succeeded().out();
    assertTrue(facts.contains("bottleneck"), facts);
    String merged = world.hone("merge", world.at("runs/tiny"), world.at("merged")).refusal();
    assertTrue(merged.contains("cannot be merged"), merged);
  }

  @Test
  void theNewHeadIsDrawnFromTheSeed() throws IOException {
    for (String name : List.of("a", "b")) {
      Engine.seed(name.hashCode()); // what happened before must not matter
      Hone.train(world.recipe("model=" + world.at("bert"), "train.steps=3", "name=" + name));
    }
    assertArrayEquals(
        Files.readAllBytes(folder.resolve("runs/a/adapter/adapter_model.safetensors")),
        Files.readAllBytes(folder.resolve("runs/b/adapter/adapter_model.safetensors")));
  }

  @Test
  void fullTuningOfAHeadForAnotherNumberOfLabels() throws IOException {
    bert("two", "BertForSequenceClassification", 2);
    RunResult result =
        Hone.train(
            world.recipe("model=" + world.at("two"), "method={type: full}", "train.rate=3e-3"));
    assertLearned(result);
    try (TunedModel model = Hone.open(result.weights())) {
      assertEquals("negative", model.classify("this bad tea came late").label());
    }
  }

  @Test
  void anAdapterWithoutTheHeadIsRefusedWhereTheBaseHasNone() throws IOException {
    bert("classifier", "BertForSequenceClassification", 3);
    Hone.train(world.recipe("model=" + world.at("classifier"), "train.steps=3"));
    Path card = folder.resolve("runs/tiny/adapter/hone.json");
    Files.writeString(
        card,
        Files.readString(card).replaceFirst("(\"baseFingerprint\" : )\"[0-9a-f]*\"", "$1\"\""));
    String said =
        world
            .hone("generate", world.at("runs/tiny"), "good", "--model", world.at("bert"))
            .refusal();
    assertTrue(said.contains("neither this adapter nor its base model holds"), said);
  }

  @Test
  void whatAHeadCannotLearnIsRefused() {
    String model = "model=" + world.at("bert");
    String context = world.train(model, "data.maxTokens=65").refusal();
    assertTrue(context.contains("data.maxTokens 65 is more than the model's context of 64"));
    String text = world.train(model, "data.format=text", "data.columns={text: text}").refusal();
    assertTrue(text.contains("tells labels apart, but the rows have no labels"), text);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"BertForTokenClassification", "BertForMultipleChoice", "BertForQuestionAnswering"})
  void aHeadForAnotherTaskDoesNotPassForAClassifier(String architecture) throws IOException {
    bert("other", architecture, 2);
    String said = world.train("model=" + world.at("other")).refusal();
    assertTrue(said.contains(architecture) && said.contains("no recipe trains"), said);
  }

  @Test
  void numbersAndSeveralLabelsAreNoClasses() {
    String model = "model=" + world.at("bert");
    world.write("rows.jsonl", world.read("rows.jsonl").replace("\"neutral\"", "0.5"));
    String number = world.train(model).refusal();
    assertTrue(number.contains("'0.5'") && number.contains("regression"), number);
    world.write("rows.jsonl", world.read("rows.jsonl").replace("0.5", "[\"a\", \"b\"]"));
    String several = world.train(model).refusal();
    assertTrue(several.contains("'label'") && several.contains("array"), several);
  }

  @ParameterizedTest
  @ValueSource(strings = {"regression", "multi_label_classification"})
  void aModelForNumbersOrSeveralLabelsIsRefused(String problem) throws IOException {
    Path config = folder.resolve("bert/config.json");
    String keys = Files.readString(config);
    Files.writeString(config, keys.replaceFirst("\\{", "{\"problem_type\": \"" + problem + "\","));
    String said = world.train("model=" + world.at("bert")).refusal();
    assertTrue(said.contains(problem), said);
  }
}
