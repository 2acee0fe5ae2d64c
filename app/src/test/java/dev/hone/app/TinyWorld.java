package dev.hone.app;

import dev.hone.Hone;
import dev.hone.model.Model;
import dev.hone.model.ModelFiles;
import dev.hone.model.NewModelConfig;
import dev.hone.model.family.Families;
import dev.hone.recipe.Recipe;
import dev.hone.tensor.DType;
import dev.hone.tensor.Engine;
import dev.hone.tokenizer.BpeTrainer;
import dev.hone.tokenizer.BpeVocabulary;
import dev.hone.tokenizer.Tokenizer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/**
 * A folder in which runs take a second: a base model that knows nothing, rows with a rule that it
 * can learn, and the command. A row with "good" is positive, one with "bad" negative, any other
 * neutral.
 */
final class TinyWorld {
  static final List<String> LABELS = List.of("negative", "neutral", "positive");
  static final int CONTEXT = 64;
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final List<String> WORDS =
      List.of(
          ("the a this our box tea lamp shoe driver letter arrived came broke stood was looked very"
                  + " quite late early today again green heavy small round after before with under"
                  + " table street window door")
              .split(" "));

  final Path folder;

  TinyWorld(Path folder) {
    this.folder = folder;
    base(folder.resolve("base"), 1);
    write("rows.jsonl", jsonl(labelled(240, 1)));
    writeRecipe();
  }

  /** A Llama-type model from random weights with a tokenizer of its own. */
  static void base(Path base, long seed) {
    List<String> texts = new ArrayList<>();
    labelled(240, 1).forEach(r -> texts.add(r.get("text") + "\nMood: " + r.get("label")));
    BpeTrainer.train(texts, 400).save(base);
    NewModelConfig config = new NewModelConfig(32, 2, 2, 1, 64, 400, CONTEXT, 10000, 0.2);
    Engine.seed(seed);
    try (Tokenizer tokenizer = Tokenizer.open(base);
        Model model =
            Families.random(
                config.config(
                    tokenizer.id(BpeVocabulary.END_OF_TEXT), tokenizer.id(BpeVocabulary.PAD)))) {
      ModelFiles.write(base, model, Map.of(), DType.F32);
    }
  }

  /** Rows with text and label; every row is unlike every other. */
  static List<Map<String, String>> labelled(int count, long seed) {
    Random random = new Random(seed);
    List<Map<String, String>> rows = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      List<String> words = new ArrayList<>(words(random, 5));
      String label = LABELS.get(i % 3);
      if (i % 3 != 1) {
        words.set(random.nextInt(words.size()), i % 3 == 0 ? "bad" : "good");
      }
      rows.add(Map.of("text", String.join(" ", words), "label", label));
    }
    return rows;
  }

  /** Rows with prompt and completion, which says the prompt's first word again. */
  static List<Map<String, String>> completions(int count) {
    Random random = new Random(5);
    List<Map<String, String>> rows = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      List<String> words = words(random, 5);
      rows.add(Map.of("prompt", String.join(" ", words), "completion", " " + words.getFirst()));
    }
    return rows;
  }

  private static List<String> words(Random random, int count) {
    return random.ints(count, 0, WORDS.size()).mapToObj(WORDS::get).toList();
  }

  static String jsonl(List<?> rows) {
    StringBuilder text = new StringBuilder();
    rows.forEach(r -> text.append(JSON.writeValueAsString(r)).append('\n'));
    return text.toString();
  }

  Path write(String name, String text) {
    try {
      return Files.writeString(folder.resolve(name), text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  String read(String name) {
    try {
      return Files.readString(folder.resolve(name));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  JsonNode json(String name) {
    return JSON.readTree(read(name));
  }

  List<JsonNode> lines(String name) {
    return read(name).lines().map(JSON::readTree).toList();
  }

  private void writeRecipe() {
    write(
        "recipe.yaml",
        """
        name: tiny
        model: base
        data:
          path: rows.jsonl
          prompt: "{text}\\nMood:"
          answer: " {label}"
          split: {validation: 0.1, test: 0.25}
        method: {type: lora, rank: 8, alpha: 16}
        train: {steps: 150, batch: 16, rate: 1e-2, evaluateEvery: 10, dropout: 0}
        evaluate: {baselines: [majority]}
        threads: 1
        runs: runs
        """);
  }

  /** The recipe of the labelled rows, with changes. */
  Recipe recipe(String... changes) {
    return Hone.recipe(folder.resolve("recipe.yaml"), changes);
  }

  /** What a command has said. */
  record Said(int status, String out, String err) {
    /** The only line that says what is wrong, which is the last. */
    String refusal() {
      List<String> lines = err.lines().toList();
      if (status != 1
          || lines.stream().filter(l -> l.startsWith("hone: ")).count() != 1
          || !lines.getLast().startsWith("hone: ")) {
        throw new AssertionError("no refusal in one line, but status " + status + ": " + err + out);
      }
      return lines.getLast();
    }

    Said succeeded() {
      if (status != 0) {
        throw new AssertionError("status " + status + ": " + err);
      }
      return this;
    }
  }

  /** Runs the command; paths are meant as they are. */
  Said hone(String... args) {
    TestConsole console = new TestConsole(false);
    int status = new Main(console.console, folder, Main.commands(console.console)).run(args);
    return new Said(status, console.out(), console.err());
  }

  /** {@code hone train recipe.yaml}, with changes. */
  Said train(String... changes) {
    List<String> args = new ArrayList<>(List.of("train", at("recipe.yaml")));
    args.addAll(List.of(changes));
    return hone(args.toArray(String[]::new));
  }

  String at(String name) {
    return folder.resolve(name).toString();
  }

  /**
   * {@code hone train} in a process of its own, which may be killed; it complains into {@code err}.
   */
  Process child(String... changes) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName(),
                "train",
                at("recipe.yaml")));
    command.addAll(List.of(changes));
    return new ProcessBuilder(command)
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .redirectError(folder.resolve("err").toFile())
        .start();
  }
}
