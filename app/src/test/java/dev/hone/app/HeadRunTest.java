package dev.hone.app;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.Hone;
import dev.hone.TunedModel;
import dev.hone.evaluate.Measures;
import dev.hone.run.Evaluation;
import dev.hone.run.RunListener;
import dev.hone.run.RunResult;
import dev.hone.run.head.SpanTask;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Heads of every task learn a rule from made rows, beat what answers without looking, are saved,
 * and answer as before when they are opened again.
 */
class HeadRunTest {
  private static final List<String> WORDS =
      List.of(
          ("the a this our box tea lamp shoe driver letter arrived came broke stood was looked very"
                  + " quite late early today again heavy small round after before with under table"
                  + " street window door")
              .split(" "));
  private static final List<String> COLOURS = List.of("red", "green", "blue");

  @TempDir Path folder;
  TinyWorld world;

  @BeforeEach
  void encoder() {
    world = new TinyWorld(folder);
    List<String> words = new ArrayList<>(WORDS);
    words.addAll(COLOURS);
    words.addAll(List.of("good", "bad", "which", "colour", "is", "it"));
    TinyBert.write(folder.resolve("bert"), "BertForMaskedLM", 2, words);
  }

  private static List<String> words(Random random, int count) {
    return new ArrayList<>(random.ints(count, 0, WORDS.size()).mapToObj(WORDS::get).toList());
  }

  private RunResult trained(List<?> rows, String... changes) {
    List<String> all =
        new ArrayList<>(List.of("model=" + world.at("bert"), "train.rate=3e-3", "train.steps=300"));
    all.addAll(List.of(changes));
    return trainedOn(rows, all.toArray(String[]::new));
  }

  /** What the folder gives when it is measured again must be what the run has given. */
  private void assertSameAgain(RunResult result) {
    Measures again = Evaluation.of(result.folder(), null, null, RunListener.SILENT).measures();
    assertEquals(result.measured("tuned"), again);
    String name = result.measured("tuned").values().getFirst().name();
    String said = world.hone("eval", result.folder().toString()).succeeded().out();
    assertTrue(said.contains(name), said);
  }

  private void assertMergedIsTheSame(RunResult result) {
    world.hone("merge", result.folder().toString(), world.at("merged")).succeeded();
  }

  private static void assertBeats(RunResult result, String measure, String baseline, double by) {
    double tuned = result.measured("tuned").value(measure).value();
    double other = result.measured(baseline).value(measure).value();
    assertTrue(tuned > other + by, measure + ": tuned " + tuned + ", " + baseline + " " + other);
  }

  /** A colour or a thing is an entity; a thing behind a colour goes on with it. */
  private static List<Map<String, Object>> tagged(int count) {
    Random random = new Random(1);
    List<Map<String, Object>> rows = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      List<String> words = words(random, 7);
      int colour = random.nextInt(6);
      words.set(colour, COLOURS.get(random.nextInt(3)));
      words.set(random.nextBoolean() ? colour + 1 : random.nextInt(7), "lamp");
      List<String> tags = new ArrayList<>();
      for (int w = 0; w < words.size(); w++) {
        boolean thing = List.of("lamp", "tea", "shoe").contains(words.get(w));
        boolean led = w > 0 && COLOURS.contains(words.get(w - 1));
        boolean leads = COLOURS.contains(words.get(w));
        tags.add(leads || (thing && !led) ? "B-THING" : thing ? "I-THING" : "O");
      }
      rows.add(Map.of("tokens", words, "ner_tags", tags));
    }
    return rows;
  }

  /** The tag of a word depends on the word before it: more than a list of words. */
  @Test
  void theRuleOfTagsIsLearnt() {
    RunResult result =
        trained(tagged(400), "method={type: full}", "train.rate=1e-3", "train.steps=1000");
    assertTrue(result.measured("tuned").value("f1").value() > 0.9);
    try (TunedModel tuned = Hone.open(result.folder())) {
      assertEquals(
          List.of("O", "B-THING", "I-THING", "O", "O"),
          tuned.tag(List.of("the", "red", "lamp", "was", "late")));
      assertEquals(List.of("O", "O", "B-THING"), tuned.tag(List.of("the", "box", "lamp")));
    }
  }

  @Test
  void wordsAreTagged() {
    RunResult result = trained(tagged(400));
    assertBeats(result, "accuracy", "majority", 0.1);
    assertBeats(result, "f1", "majority", 0.7);
    assertSameAgain(result);
    assertEquals(
        "TOKEN_CLS",
        world.json("runs/tiny/adapter/adapter_config.json").path("task_type").asString(""));
    assertMergedIsTheSame(result);
    try (TunedModel adapter = Hone.open(result.folder());
        TunedModel merged = Hone.open(folder.resolve("merged"))) {
      List<String> words = List.of("the", "red", "lamp", "was", "late");
      assertEquals("O", adapter.tag(words).getFirst());
      assertEquals("I-THING", adapter.tag(words).get(2));
      assertEquals(adapter.tag(words), merged.tag(words));
      assertEquals(List.of("B-THING", "I-THING", "O"), merged.labels());
    }
    String said = world.hone("generate", world.at("merged"), "the lamp").succeeded().out();
    assertTrue(said.matches("the\tO\nlamp\t[BI]-THING\n"), said);
  }

  @Test
  void severalLabelsAreTold() {
    Random random = new Random(2);
    List<Map<String, Object>> rows = new ArrayList<>();
    for (int i = 0; i < 240; i++) {
      List<String> words = words(random, 6);
      words.removeIf(List.of("late", "early", "again")::contains);
      List<String> labels = new ArrayList<>();
      for (String label : List.of("late", "again")) {
        if (random.nextBoolean()) {
          words.set(random.nextInt(words.size()), label);
        }
      }
      for (String label : List.of("late", "again")) {
        if (words.contains(label)) {
          labels.add(label + "ness");
        }
      }
      rows.add(Map.of("text", String.join(" ", words), "labels", labels));
    }
    RunResult result = trained(rows, "train.steps=500");
    assertBeats(result, "micro-F1", "majority", 0.3);
    assertTrue(result.measured("tuned").value("subset accuracy").value() > 0.8);
    assertSameAgain(result);
    assertMergedIsTheSame(result);
    assertEquals(
        "multi_label_classification",
        world.json("merged/config.json").path("problem_type").asString(""));
    try (TunedModel model = Hone.open(folder.resolve("merged"))) {
      Map<String, Double> told = model.labelled("the tea came late today", null);
      assertTrue(
          told.getOrDefault("lateness", 0.0) > 0.5 && told.getOrDefault("againness", 1.0) < 0.5,
          told.toString());
    }
  }

  @Test
  void numbersAreToldOfPairsOfTexts() {
    Random random = new Random(3);
    List<Map<String, Object>> rows = new ArrayList<>();
    for (int i = 0; i < 240; i++) {
      List<String> first = words(random, 4);
      List<String> second = words(random, 4);
      double value = 0;
      if (random.nextBoolean()) {
        first.set(random.nextInt(4), "good");
        value += 2;
      }
      if (random.nextBoolean()) {
        second.set(random.nextInt(4), "good");
        value += 1;
      }
      rows.add(
          Map.of(
              "first",
              String.join(" ", first),
              "text_pair",
              String.join(" ", second),
              "label",
              value));
    }
    RunResult result =
        trained(
            rows, "data.format=regression", "data.columns={text: first}", "method={type: full}");
    double tuned = result.measured("tuned").value("MSE").value();
    assertTrue(tuned < 0.5 * result.measured("mean").value("MSE").value(), "MSE " + tuned);
    assertTrue(result.measured("tuned").value("spearman").value() > 0.8);
    assertSameAgain(result);
    try (TunedModel model = Hone.open(result.weights())) {
      double left = model.rate("the good lamp came", "our tea was late");
      double right = model.rate("our tea was late", "the good lamp came");
      assertTrue(left > right, "segments are told apart: " + left + ", " + right);
    }
  }

  @Test
  void theRightChoiceIsFound() {
    Random random = new Random(4);
    List<Map<String, Object>> rows = new ArrayList<>();
    for (int i = 0; i < 240; i++) {
      List<String> choices = new ArrayList<>();
      int right = random.nextInt(3);
      for (int c = 0; c < 3; c++) {
        List<String> words = words(random, 3);
        words.set(random.nextInt(3), c == right ? "good" : "bad");
        choices.add(String.join(" ", words));
      }
      rows.add(
          Map.of(
              "question", String.join(" ", words(random, 4)), "choices", choices, "label", right));
    }
    RunResult result = trained(rows);
    assertBeats(result, "accuracy", "majority", 0.4);
    assertSameAgain(result);
    assertMergedIsTheSame(result);
    List<String> choices = List.of("a bad tea", "our good lamp", "this bad door", "bad box today");
    try (TunedModel adapter = Hone.open(result.folder());
        TunedModel merged = Hone.open(folder.resolve("merged"))) {
      double[] chosen = adapter.choose("which is it", null, choices);
      assertEquals(1, Arrays.stream(chosen).sum(), 1e-9);
      assertTrue(chosen[1] > 0.5, Arrays.toString(chosen));
      assertArrayEquals(chosen, merged.choose("which is it", null, choices), 1e-4);
    }
    String refusal = world.hone("generate", world.at("merged"), "which").refusal();
    assertTrue(refusal.contains("--choice"), refusal);
  }

  @Test
  void answersAreFoundInLongTexts() {
    Random random = new Random(5);
    List<Map<String, Object>> rows = new ArrayList<>();
    for (int i = 0; i < 320; i++) {
      List<String> words = words(random, 12);
      List<String> answers = new ArrayList<>();
      List<Integer> starts = new ArrayList<>();
      if (i % 4 > 0) {
        int at = random.nextInt(words.size());
        words.set(at, COLOURS.get(random.nextInt(3)));
        answers.add(words.get(at));
        starts.add(String.join(" ", words.subList(0, at)).length() + (at > 0 ? 1 : 0));
      }
      rows.add(
          Map.of(
              "question",
              "which colour is it",
              "context",
              String.join(" ", words),
              "answers",
              Map.of("text", answers, "answer_start", starts)));
    }
    RunResult result = trained(rows, "data.maxTokens=16", "train.steps=300");
    assertTrue(
        result.lengths().length > result.split().sizes().getOrDefault("train", 0), "windows");
    assertBeats(result, "exact match", "no answer", 0.4);
    assertSameAgain(result);
    assertMergedIsTheSame(result);
    try (TunedModel model = Hone.open(folder.resolve("merged"))) {
      String context = "the tea came late after our small blue lamp broke under this table";
      SpanTask.Found found = model.find("which colour is it", context);
      assertEquals("blue", found.text());
      assertEquals(context.indexOf("blue"), found.begin());
      assertEquals("", model.find("which colour is it", "the tea came late").text());
    }
  }

  @Test
  void hiddenWordsAreFound() {
    Random random = new Random(6);
    List<Map<String, Object>> rows = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      String colour = COLOURS.get(i % 3);
      String noun = List.of("lamp", "tea", "shoe").get(i % 3);
      rows.add(
          Map.of(
              "text",
              String.join(" ", words(random, 3))
                  + (" the " + colour + " " + noun).repeat(3)
                  + " "
                  + String.join(" ", words(random, 2))));
    }
    RunResult result = trained(rows, "method={type: full}");
    double tuned = Objects.requireNonNull(result.perplexities().get("tuned")).loss().value();
    double base = Objects.requireNonNull(result.perplexities().get("base")).loss().value();
    assertTrue(tuned < base - 1, "tuned " + tuned + ", base " + base);
    var again = Evaluation.of(result.folder(), null, null, RunListener.SILENT).perplexity();
    assertEquals(tuned, Objects.requireNonNull(again).loss().value(), 1e-6);
    try (TunedModel model = Hone.open(result.weights())) {
      var guesses = model.fill("the red lamp the red [MASK] the red lamp").getFirst();
      assertEquals("lamp", guesses.getFirst().token());
    }
  }

  /** The base of TinyWorld writes; labels and numbers are answered by a head all the same. */
  @Test
  void aDecoderGetsAHeadForNumbers() {
    List<Map<String, Object>> rows = new ArrayList<>();
    for (Map<String, String> row : TinyWorld.labelled(800, 1)) {
      double value = TinyWorld.LABELS.indexOf(row.get("label")) - 1;
      rows.add(Map.of("text", String.valueOf(row.get("text")), "label", value));
    }
    RunResult result = trainedOn(rows, "data.format=regression", "train.steps=400");
    double tuned = result.measured("tuned").value("MSE").value();
    assertTrue(tuned < 0.5 * result.measured("mean").value("MSE").value(), "MSE " + tuned);
    assertSameAgain(result);
    try (TunedModel model = Hone.open(result.folder())) {
      assertTrue(model.rate("the good lamp", null) > model.rate("the bad lamp", null));
    }
    RunResult classes = trainedOn(TinyWorld.labelled(240, 1), "task=classifier", "name=classes");
    try (TunedModel model = Hone.open(classes.folder())) {
      assertEquals("positive", model.classify("the lamp was good today").label());
    }
  }

  private RunResult trainedOn(List<?> rows, String... changes) {
    world.write("rows.jsonl", TinyWorld.jsonl(rows));
    return Hone.train(world.recipe(changes));
  }

  @Test
  void whatDoesNotFitIsRefused() {
    world.write("rows.jsonl", TinyWorld.jsonl(tagged(60)));
    String model = "model=" + world.at("bert");
    assertRefused("task is language-model", model, "task=language-model");
    assertRefused("train.labelSmoothing", model, "train.labelSmoothing=0.1");
    assertRefused("no token_classification head is known for 'LlamaForCausalLM'");
  }

  private void assertRefused(String part, String... changes) {
    String said = world.train(changes).refusal();
    assertTrue(said.contains(part), said);
  }
}
