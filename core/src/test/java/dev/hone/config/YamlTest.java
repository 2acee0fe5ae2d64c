package dev.hone.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.data.DataConfig;
import dev.hone.error.HoneException;
import dev.hone.evaluate.EvaluateConfig;
import dev.hone.method.FullConfig;
import dev.hone.method.MethodConfig;
import dev.hone.method.lora.LoraConfig;
import dev.hone.recipe.Recipe;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class YamlTest {
  @TempDir private Path folder;

  private Path file(String yaml) throws IOException {
    return Files.writeString(folder.resolve("x.yaml"), yaml);
  }

  private Recipe read(String yaml, String... overrides) throws IOException {
    return Yaml.read(file(yaml), Recipe.class, List.of(overrides));
  }

  /** The message after the folder's name. */
  private String refusal(String yaml, String... overrides) {
    String message = assertThrows(HoneException.class, () -> read(yaml, overrides)).getMessage();
    assertTrue(message != null && message.lines().count() == 1, message);
    return message.replace(folder + "/", "");
  }

  private LoraConfig lora(Recipe recipe) {
    return assertInstanceOf(LoraConfig.class, recipe.method());
  }

  @Test
  void anEmptyFileGivesTheDefaults() throws IOException {
    Recipe recipe = read("# nothing yet\n");
    assertEquals(Recipe.defaults().train(), recipe.train());
    assertEquals(Recipe.defaults().method(), recipe.method());
    assertEquals(Path.of("runs").toAbsolutePath(), recipe.runs());
    assertNull(recipe.model());
  }

  @Test
  void bindsEveryKindOfValue() throws IOException {
    Recipe recipe =
        read(
            """
            name: 2024
            model: ../models/tiny
            data:
              path: rows.jsonl
              format: chat
              columns: {text: body, label: "1"}
              answer: "\\n{label}"
              split: {test: 1e-1, seed: -7}
            method:
              type: lora
              rank: 4
              targetModules: [q_proj, v_proj]
              rankPattern: {layers.0.q_proj: 2}
              alphaPattern:
                v_proj: 3
            evaluate:
              baselines: [zero-shot, majority]
              lengthNormalized: true
            """);
    assertEquals("2024", recipe.name());
    assertEquals(Place.of(folder.resolveSibling("models/tiny")), recipe.model());
    assertEquals(List.of(Place.of(folder.resolve("rows.jsonl"))), recipe.data().path());
    assertEquals(DataConfig.Format.CHAT, recipe.data().format());
    assertEquals(Map.of("text", "body", "label", "1"), recipe.data().columns());
    assertEquals("\n{label}", recipe.data().answer());
    assertEquals(0.1, recipe.data().split().test());
    assertEquals(-7, recipe.data().split().seed());
    assertEquals(0.1, recipe.data().split().validation());
    LoraConfig lora = lora(recipe);
    assertEquals(4, lora.rank());
    assertEquals(16, lora.alpha());
    assertEquals(List.of("q_proj", "v_proj"), lora.targetModules());
    assertEquals(Map.of("layers.0.q_proj", 2), lora.rankPattern());
    assertEquals(Map.of("v_proj", 3.0), lora.alphaPattern());
    assertEquals(
        List.of(EvaluateConfig.Baseline.ZERO_SHOT, EvaluateConfig.Baseline.MAJORITY),
        recipe.evaluate().baselines());
    assertTrue(recipe.evaluate().lengthNormalized());
  }

  @Test
  void theTypeChoosesTheRecord() throws IOException {
    assertEquals(FullConfig.defaults(), read("method: {type: full}").method());
    assertEquals(5, lora(read("method: {rank: 5}")).rank());
    String choices = String.join(", ", Shape.choices(MethodConfig.class).keySet());
    assertEquals(
        "x.yaml:2: method.type is \"lorra\", expected one of "
            + choices
            + " (did you mean 'lora'?)",
        refusal("method:\n  type: lorra\n"));
    assertEquals(
        "x.yaml:3: unknown key 'rank' in method (known: stored, train, freeze)",
        refusal("method:\n  type: full\n  rank: 3\n"));
  }

  @Test
  void overridesCountMoreThanTheFile() throws IOException {
    Recipe recipe =
        read(
            "train: {rate: 1, batch: 4}\ndata: {columns: {text: a}}\nnewModel:\n",
            "train.rate=1e-4",
            "method.targetModules=[q_proj,v_proj]",
            "data.columns.label=b",
            "model=./models/tiny",
            "newModel.layers=3",
            "train.steps=5",
            "train.steps=6");
    assertEquals(1e-4, recipe.train().rate());
    assertEquals(4, recipe.train().batch());
    assertEquals(6, recipe.train().steps());
    assertEquals(List.of("q_proj", "v_proj"), lora(recipe).targetModules());
    assertEquals(Map.of("text", "a", "label", "b"), recipe.data().columns());
    assertEquals(Place.of(Path.of("./models/tiny")), recipe.model());
    assertEquals(3, recipe.newModel() == null ? 0 : recipe.newModel().layers());
  }

  @Test
  void refusesUnknownKeysByLineWithTheNearestOne() {
    assertEquals(
        "x.yaml:4: unknown key 'rnak' in method (did you mean 'rank'?)",
        refusal("name: a\n\nmethod:\n  rnak: 3\n"));
    assertEquals(
        "x.yaml:1: unknown key 'trian' (did you mean 'train'?)", refusal("trian: {rate: 1}\n"));
    assertEquals(
        "x.yaml:1: unknown key 'target-modules' in method (did you mean 'targetModules'?)",
        refusal("method: {target-modules: [a]}"));
    assertEquals(
        "x.yaml:1: unknown key 'target_modules' in method (did you mean 'targetModules'?)",
        refusal("method: {target_modules: [a]}"));
    assertEquals(
        "override method.lora_alpha=1: unknown key 'lora_alpha' in method (here it is 'alpha')",
        refusal("", "method.lora_alpha=1"));
    assertEquals(
        "override train.lerning_rate=1: unknown key 'lerning_rate' in train (here it is 'rate')",
        refusal("", "train.lerning_rate=1"));
    assertEquals(
        "x.yaml:1: unknown key 'rank:3' in method (a blank is missing behind the colon: 'rank: 3')",
        refusal("method: {rank:3}"));
    assertTrue(
        refusal("method: {type: qlora}")
            .endsWith("; 'qlora' is type lora with dtype: nf4 beside method"));
    assertEquals(
        "override train.rte=1: unknown key 'rte' in train (did you mean 'rate'?)",
        refusal("", "train.rte=1"));
  }

  @Test
  void refusesARateOfNothing() {
    assertEquals(
        "x.yaml:1: train: rate is 0, which would teach nothing; expected more",
        refusal("train: {rate: 0}\n"));
  }

  @Test
  void refusesWrongTypes() {
    assertEquals(
        "x.yaml:2: method.rank is \"eight\", expected a whole number from 1 to 4096",
        refusal("method:\n  rank: eight\n"));
    assertEquals(
        "x.yaml:1: method.rank is the text \"8\", expected a whole number from 1 to 4096",
        refusal("method: {rank: '8'}"));
    assertEquals(
        "x.yaml:1: method.rank is \"8.0\", expected a whole number from 1 to 4096",
        refusal("method: {rank: 8.0}"));
    assertEquals(
        "x.yaml:1: seed is \"99999999999999999999\", expected a whole number",
        refusal("seed: 99999999999999999999"));
    assertEquals(
        "x.yaml:1: train.rate is \".nan\", expected a number from 0 to 10",
        refusal("train: {rate: .nan}"));
    assertEquals(
        "x.yaml:1: train.keepBest is \"yes\", expected true or false",
        refusal("train: {keepBest: yes}"));
    assertEquals("x.yaml:1: name is empty, expected a text", refusal("name:\n"));
    assertEquals(
        "x.yaml:1: train is a list, expected a mapping of keys to values", refusal("train: []"));
    assertEquals(
        "x.yaml:2: data.path[1] is a mapping, expected a path",
        refusal("data:\n  path: [a, {b: c}]"));
    assertEquals(
        "x.yaml:1: train.schedule is \"cosin\", expected one of constant, linear, cosine,"
            + " slanted-triangular"
            + " (did you mean 'cosine'?)",
        refusal("train: {schedule: cosin}"));
    assertEquals(
        "x.yaml:1: train.schedule is \"COSINE\", expected one of constant, linear, cosine,"
            + " slanted-triangular"
            + " (did you mean 'cosine'?)",
        refusal("train: {schedule: COSINE}"));
    assertEquals(
        "override train.rate=fast: train.rate is \"fast\", expected a number from 0 to 10",
        refusal("", "train.rate=fast"));
    assertEquals("x.yaml:1: expected keys and values, found a list", refusal("- a\n"));
  }

  @Test
  void refusesNumbersOutOfRange() {
    assertEquals(
        "x.yaml:1: method.rank is \"0\", expected a whole number from 1 to 4096",
        refusal("method: {rank: 0}"));
    assertEquals(
        "x.yaml:1: method.dropout is \"0.96\", expected a number from 0 to 0.95",
        refusal("method: {dropout: 0.96}"));
    assertEquals(
        "override train.batch=0: train.batch is \"0\", expected a whole number of at least 1",
        refusal("", "train.batch=0"));
  }

  @Test
  void refusesMalformedOverrides() {
    assertEquals(
        "override 'fast': expected KEY=VALUE, for example train.rate=1e-4", refusal("", "fast"));
    assertEquals(
        "override 'a..b=1': expected KEY=VALUE, for example train.rate=1e-4",
        refusal("", "a..b=1"));
    assertEquals(
        "override name.x=1: name is \"a\" in the recipe, so it has no keys of its own",
        refusal("name: a", "name.x=1"));
    assertTrue(refusal("", "name=[").startsWith("override name=[: not valid YAML"));
  }

  @Test
  void refusesWhatAStrangerMightWrite() throws IOException {
    assertEquals("x.yaml:2: key 'name' is given twice", refusal("name: a\nname: b\n"));
    assertEquals(
        "x.yaml:2: alias *a is not taken, write the value out",
        refusal("name: &a x\ndevice: *a\n"));
    assertEquals(
        "x.yaml:1: tag !!java.io.File is not taken, write the plain value"
            .replace("!!", "tag:yaml.org,2002:"),
        refusal("name: !!java.io.File x"));
    assertEquals("x.yaml:1: nested more than 32 deep", refusal("name: " + "[".repeat(100_000)));
    assertEquals(
        "x.yaml:3: a second document starts here, expected one", refusal("name: a\n---\nb"));
    assertTrue(refusal("name: a\n\tb: c").startsWith("x.yaml:2: not valid YAML"));
    assertTrue(refusal("name: \u0000").startsWith("x.yaml:1: not valid YAML"));
    assertTrue(refusal("name: " + "a".repeat(1 << 20)).startsWith("x.yaml:1: not valid YAML"));
    Files.write(folder.resolve("latin.yaml"), new byte[] {'a', ':', ' ', (byte) 0xe9});
    assertEquals(
        folder.resolve("latin.yaml") + ": is not UTF-8 text; save it as UTF-8",
        assertThrows(
                HoneException.class,
                () -> Yaml.read(folder.resolve("latin.yaml"), Recipe.class, List.of()))
            .getMessage());
  }

  @Test
  void refusesAMissingFile() {
    Path missing = folder.resolve("missing.yaml");
    assertEquals(
        missing + ": does not exist, expected a YAML file",
        assertThrows(HoneException.class, () -> Yaml.read(missing, Recipe.class, List.of()))
            .getMessage());
    assertEquals(
        folder + ": is a folder, expected a YAML file",
        assertThrows(HoneException.class, () -> Yaml.read(folder, Recipe.class, List.of()))
            .getMessage());
  }

  record Window(int low, int high) {
    Window {
      if (low > high) {
        throw new IllegalArgumentException("low " + low + " is above high " + high);
      }
    }

    static Window defaults() {
      return new Window(1, 2);
    }
  }

  record Views(
      Window first,
      List<Window> more,
      Map<String, Window> named,
      List<@Nullable Integer> holes,
      @Nullable Path file) {
    static Views defaults() {
      return new Views(Window.defaults(), List.of(), Map.of(), List.of(), Path.of("default"));
    }
  }

  @Test
  void aRecordsOwnCheckIsReportedAtItsKey() throws IOException {
    Path file = file("more:\n  - low: 0\n\n  - low: 5\nfirst:\n  low: 1\n");
    assertEquals(
        file + ":4: more[1]: low 5 is above high 2",
        assertThrows(HoneException.class, () -> Yaml.read(file, Views.class, List.of()))
            .getMessage());
    assertEquals(
        file + ":5: first: low 9 is above high 2",
        assertThrows(
                HoneException.class,
                () -> Yaml.read(file, Views.class, List.of("more=[]", "first.low=9")))
            .getMessage());
  }

  @Test
  void recordsMayStandInListsAndMaps() throws IOException {
    Views views =
        Yaml.read(
            file("more: {low: 0}\nnamed: {a: {high: 7}, b: {}}\nholes: [1, null]\nfile: null\n"),
            Views.class,
            List.of());
    assertEquals(List.of(new Window(0, 2)), views.more());
    assertEquals(Map.of("a", new Window(1, 7), "b", new Window(1, 2)), views.named());
    assertEquals(java.util.Arrays.asList(1, null), views.holes());
    assertNull(views.file());
    Path again = Files.writeString(folder.resolve("again.yaml"), Yaml.write(views));
    assertEquals(views, Yaml.read(again, Views.class, List.of()));
  }
}
