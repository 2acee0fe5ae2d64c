package dev.hone.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.Hone;
import dev.hone.TunedModel;
import dev.hone.run.RunResult;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/** What a user gets wrong is told in one line: where, what was expected, what to do. */
class RefusedRunTest {
  @TempDir Path folder;
  TinyWorld world;

  @BeforeEach
  void world() {
    world = new TinyWorld(folder);
  }

  @AfterEach
  void noBug() {
    assertFalse(Files.exists(folder.resolve(".hone")), "a crash log");
  }

  private static void assertSays(String said, String... parts) {
    for (String part : parts) {
      assertTrue(said.contains(part), () -> "'" + part + "' is not in: " + said);
    }
  }

  private void rows(String text) {
    world.write("rows.jsonl", text);
  }

  @Test
  void noSuchRecipe() {
    assertEquals(
        "hone: " + world.at("missing.yaml") + ": does not exist, expected a YAML file",
        world.hone("train", world.at("missing.yaml")).refusal());
  }

  @Test
  void noSuchDataFile() {
    assertEquals(
        "hone: " + world.at("none.jsonl") + ": no such file or folder; check data.path",
        world.train("data.path=" + world.at("none.jsonl")).refusal());
  }

  @Test
  void emptyFile() {
    rows("");
    assertEquals(
        "hone: " + world.at("rows.jsonl") + ": the file is empty; remove it or fill it with rows",
        world.train().refusal());
  }

  @Test
  void brokenJson() {
    List<String> lines = new ArrayList<>(world.read("rows.jsonl").lines().toList());
    lines.set(2, "{\"text\": \"no end");
    rows(String.join("\n", lines));
    assertSays(
        world.train().refusal(),
        "rows.jsonl:3: broken JSON at column ",
        "each line must be one whole JSON object");
  }

  @Test
  void wrongColumn() {
    assertSays(
        world.train("data.columns={text: txt, label: label}").refusal(),
        "rows.jsonl:1: no column 'txt' for the text of a labelled row; columns there: ",
        "(did you mean 'text'?); map it with data.columns");
  }

  @Test
  void labelThatOccursOnce() {
    rows(world.read("rows.jsonl") + "{\"text\": \"quite another thing\", \"label\": \"mixed\"}\n");
    assertSays(
        world.train().refusal(),
        "rows.jsonl:241: label 'mixed' occurs only here",
        "add rows, merge it with another label, or remove it");
  }

  private void completions(int empty) {
    List<Map<String, String>> rows = new ArrayList<>();
    for (Map<String, String> row : TinyWorld.completions(120)) {
      boolean nothing = rows.size() < empty;
      rows.add(
          Map.of(
              "prompt",
              String.valueOf(row.get("prompt")),
              "completion",
              nothing
                  ? " "
                  : String.valueOf(row.get("completion")) + " after this letter came late"));
    }
    rows(TinyWorld.jsonl(rows));
  }

  @Test
  void allRowsLongerThanTheContext() {
    completions(0);
    assertSays(
        world.train("data.maxTokens=5").refusal(),
        "rows would be dropped: " + world.at("rows.jsonl") + ":",
        "(completion of ",
        "does not fit into 5)");
  }

  @Test
  void aRowWithAnEmptyCompletionIsDroppedCountedAndListed() {
    completions(1);
    TinyWorld.Said said = world.train("train.steps=2").succeeded();
    String row = world.at("rows.jsonl") + ":1";
    assertSays(said.err(), "1 rows dropped (" + row + ": empty completion)");
    JsonNode result = world.json("runs/tiny/result.json");
    assertEquals(1, result.path("dropped_rows").asInt());
    assertEquals(row, result.path("dropped").path(0).path("row").asString());
    assertEquals("empty completion", result.path("dropped").path(0).path("reason").asString());
    assertSays(world.read("runs/tiny/report.html"), "empty completion");
  }

  @Test
  void tooManyEmptyCompletions() {
    completions(20);
    assertSays(
        world.train().refusal(),
        "20 of 120 rows would be dropped, more than data.maxDropped 0.05: ",
        "rows.jsonl:1 (empty completion), ",
        "mend the rows or raise data.maxDropped");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "train: {rte: 1e-2}           | recipe.yaml:2: | unknown key | did you mean 'rate'?",
        "train: {rate: fast}          | recipe.yaml:2: | \"fast\"    | number",
        "train: {rate: -1}            | recipe.yaml:2: | -1          | 0",
        "train: {batch: 2.5}          | recipe.yaml:2: | 2.5         | a whole number",
        "method: {type: lorra}        | recipe.yaml:2: | lorra       | did you mean 'lora'?",
        "evaluate: {baselines: [top]} | recipe.yaml:2: | top         | few-shot",
      })
  void whatTheRecipeDoesNotKnow(String line, String where, String what, String advice) {
    world.write("recipe.yaml", "name: tiny\n" + line + "\n");
    assertSays(world.train().refusal(), where, what, advice);
  }

  @Test
  void overridesAreCheckedLikeTheRecipe() {
    assertSays(world.train("train.rte=1").refusal(), "override train.rte=1", "'rate'");
    assertSays(world.train("train.rate=20").refusal(), "override train.rate=20", "10");
  }

  @Test
  void nothingToMeasureTheRunBy() {
    assertSays(
        world.train("data.split.test=0", "evaluate.baselines=[]").refusal(),
        "no test row is left to measure the run by",
        "data.split.test");
    assertFalse(Files.exists(folder.resolve("runs/tiny/metrics.jsonl")), "said before training");
  }

  @Test
  void noModelAtAll() {
    assertSays(world.train("model=null").refusal(), "set 'model' to a folder, or 'newModel'");
  }

  @Test
  void modelFolderThatIsMissingOrHasOnlyAPickle() throws IOException {
    assertSays(
        world.train("model=" + world.at("nowhere")).refusal(),
        world.at("nowhere") + " is not a folder: expected a model folder with config.json");
    Files.move(folder.resolve("base/model.safetensors"), folder.resolve("base/pytorch_model.bin"));
    assertSays(world.train().refusal(), world.at("base"), "pytorch_model.bin", "pickle");
  }

  @Test
  void moreTokensThanTheContext() {
    assertSays(
        world.train("data.maxTokens=65").refusal(),
        "data.maxTokens 65 is more than the model's context of 64; lower it");
  }

  /** Writes the base's weights anew: another length, another header, other data. */
  private void weights(long length, String header, byte[] data) throws IOException {
    byte[] json = header.getBytes(StandardCharsets.UTF_8);
    ByteBuffer file =
        ByteBuffer.allocate(8 + json.length + data.length).order(ByteOrder.LITTLE_ENDIAN);
    file.putLong(length < 0 ? json.length : length).put(json).put(data);
    Files.write(folder.resolve("base/model.safetensors"), file.array());
  }

  @Test
  void damagedWeights() throws IOException {
    Path file = folder.resolve("base/model.safetensors");
    byte[] whole = Files.readAllBytes(file);
    long length = ByteBuffer.wrap(whole).order(ByteOrder.LITTLE_ENDIAN).getLong();
    String header = new String(whole, 8, (int) length, StandardCharsets.UTF_8);
    byte[] data = java.util.Arrays.copyOfRange(whole, 8 + (int) length, whole.length);

    weights(1L << 40, header, data);
    assertSays(world.train().refusal(), file + ": header length", "no safetensors file");
    weights(whole.length, header, data);
    assertSays(world.train().refusal(), file + ": truncated", "download it again");
    Files.write(file, java.util.Arrays.copyOf(whole, whole.length - 100));
    assertSays(world.train().refusal(), file.toString(), "truncated; download it again");
    Files.write(file, java.util.Arrays.copyOf(whole, 5));
    assertSays(world.train().refusal(), file + ": truncated", "has 5");
    String first = header.replaceFirst(".*?\"data_offsets\"\\s*:\\s*\\[(\\d+,\\s*\\d+)\\].*", "$1");
    int end = Integer.parseInt(first.replaceAll(".*,\\s*", ""));
    weights(
        -1,
        header.replace(
            "[" + first + "]", "[" + 4 * data.length + "," + (4 * data.length + end) + "]"),
        data);
    assertSays(world.train().refusal(), file.toString(), "ends at data byte", "download it again");
    weights(-1, header.replace("[" + end + ",", "[" + (end - 4) + ","), data);
    assertSays(world.train().refusal(), file.toString(), "the file is damaged, download it again");
    weights(-1, overlapping(header, end), data);
    assertSays(world.train().refusal(), file.toString(), "an overlap");
    ByteBuffer.wrap(data).order(ByteOrder.LITTLE_ENDIAN).putFloat(40, Float.NaN);
    weights(-1, header, data);
    assertSays(world.train().refusal(), world.at("base") + ": tensor '", "holds NaN or infinity");
    Files.write(file, whole);
    world.train("train.steps=1").succeeded();
  }

  /** The second tensor moved onto the end of the first, with its size as it is. */
  private static String overlapping(String header, int at) {
    java.util.regex.Matcher second =
        java.util.regex.Pattern.compile("\\[" + at + ",\\s*(\\d+)\\]").matcher(header);
    assertTrue(second.find());
    int end = Integer.parseInt(second.group(1));
    return header.replace(second.group(), "[" + (at - 4) + "," + (end - 4) + "]");
  }

  @Test
  void anAdapterForAnotherBase() {
    world.train("train.steps=2").succeeded();
    TinyWorld.base(folder.resolve("base"), 2);
    String run = world.at("runs/tiny");
    for (String command : List.of("eval", "generate", "merge")) {
      String[] args =
          command.equals("eval")
              ? new String[] {command, run}
              : new String[] {command, run, world.at("out")};
      assertSays(
          world.hone(args).refusal(),
          "adapter was made for another base model than " + world.at("base"),
          "--model");
    }
    TinyWorld.base(folder.resolve("moved"), 1);
    world.hone("eval", run, "--model", world.at("moved")).succeeded();
  }

  @Test
  void anAdapterThatChangesNothing() {
    world.train("train.steps=2", "train.rate=1e-12").succeeded();
    assertSays(
        world.hone("generate", world.at("runs/tiny"), "good").refusal(),
        "runs/tiny/adapter: the adapter changes nothing");
  }

  @Test
  void whatIsNoRun() {
    assertSays(world.hone("eval", world.at("base")).refusal(), "is no run folder");
    assertSays(world.hone("generate", world.at("none"), "good").refusal(), world.at("none"));
    assertSays(
        world.hone("eval", world.at("base"), "--model", world.at("base")).refusal(),
        "is no run folder");
  }

  @Test
  void tweetsInACsvWithThreeKeysChanged() throws IOException {
    StringBuilder csv = new StringBuilder("tweet_id,airline_sentiment,text\n");
    for (Map<String, String> row : TinyWorld.labelled(60, 4)) {
      csv.append("57030613,%s,\"@air, %s\"\n".formatted(row.get("label"), row.get("text")));
    }
    world.write("tweets.csv", csv.toString());
    RunResult result =
        Hone.train(
            world.recipe(
                "name=tweets",
                "data.path=" + world.at("tweets.csv"),
                "data.columns={text: text, label: airline_sentiment}"));
    assertEquals(15, result.line("tuned").n());
    try (TunedModel model = Hone.open(result.folder())) {
      assertEquals(TinyWorld.LABELS, model.labels());
    }
  }
}
