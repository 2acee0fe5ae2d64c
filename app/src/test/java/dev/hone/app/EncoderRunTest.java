package dev.hone.app;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.Hone;
import dev.hone.TunedModel;
import dev.hone.run.RunResult;
import dev.hone.store.Safetensors;
import dev.hone.tensor.Engine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An encoder that was trained as a masked language model gets a head for the task. */
class EncoderRunTest {
  private static final String NEW_HEAD =
      "new, from random weights: bert.pooler.dense.weight, bert.pooler.dense.bias,"
          + " classifier.weight, classifier.bias";

  @TempDir Path folder;
  TinyWorld world;

  @BeforeEach
  void encoder() {
    world = new TinyWorld(folder);
    bert("bert", "BertForMaskedLM", 2);
  }

  private void bert(String name, String architecture, int labels) {
    TreeSet<String> words = new TreeSet<>();
    TinyWorld.labelled(240, 1)
        .forEach(r -> words.addAll(List.of(String.valueOf(r.get("text")).split(" "))));
    TinyBert.write(folder.resolve(name), architecture, labels, words);
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
    String text = world.train(model, "task=classifier", "data.format=text").refusal();
    assertTrue(text.contains("tells labels apart, but the rows have no labels"), text);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"BertForTokenClassification", "BertForMultipleChoice", "BertForQuestionAnswering"})
  void aHeadForAnotherTaskDoesNotPassForAClassifier(String architecture) throws IOException {
    bert("other", architecture, 2);
    String said = world.train("model=" + world.at("other")).refusal();
    assertTrue(said.contains(architecture) && said.contains("a head for another task"), said);
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
