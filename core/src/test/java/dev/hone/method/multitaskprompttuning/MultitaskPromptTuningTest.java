package dev.hone.method.multitaskprompttuning;

import static dev.hone.method.MethodTrial.logits;
import static dev.hone.method.MethodTrial.requireRefused;
import static dev.hone.method.MethodTrial.stirred;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.TinyModels;
import dev.hone.data.Batch;
import dev.hone.data.TokenRow;
import dev.hone.method.AdapterFiles;
import dev.hone.method.Method;
import dev.hone.method.MethodCases;
import dev.hone.method.Methods;
import dev.hone.method.multitaskprompttuning.MultitaskPromptTuningConfig.Start;
import dev.hone.model.Adapter;
import dev.hone.model.Model;
import dev.hone.model.Pass;
import dev.hone.tensor.GradMode;
import dev.hone.tensor.Scope;
import dev.hone.tensor.Tensor;
import dev.hone.train.CausalLmObjective;
import dev.hone.train.Objective;
import dev.hone.train.Seq2SeqObjective;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a task's factor does; what prompts share with other methods is tested there. */
class MultitaskPromptTuningTest {
  private static final List<String> TASKS = List.of("a", "b", "c");

  @TempDir Path folder;

  private static MultitaskPromptTuningConfig config(Map<String, Object> changes) {
    Map<String, Object> all = new LinkedHashMap<>(changes);
    all.putIfAbsent("numVirtualTokens", 4);
    all.putIfAbsent("numRanks", 2);
    return MethodCases.changed(MultitaskPromptTuningConfig.defaults(), all);
  }

  private static MultitaskPromptTuning of(Map<String, Object> changes, Model model) {
    return stirred((MultitaskPromptTuning) Methods.attach(config(changes), model), 1);
  }

  private static List<TokenRow> rows(String... tasks) {
    List<TokenRow> rows = new ArrayList<>();
    for (int i = 0; i < tasks.length; i++) {
      int[] ids = {5 + i, 6, 7, 8 + 2 * i};
      boolean[] learned = {false, false, true, true};
      rows.add(new TokenRow(ids, learned, -1, "rows.jsonl:" + i).ofTask(tasks[i]));
    }
    return rows;
  }

  private static double loss(Objective objective, Model model, Adapter adapter, List<TokenRow> of) {
    try (Scope scope = Scope.open();
        GradMode off = GradMode.off()) {
      return objective.value(model, Pass.plain().with(adapter), Batch.of(of, 0));
    }
  }

  /** Each row of a batch is of its own task, as if all rows were. */
  @Test
  void rowsOfOneBatchAreOfTheirOwnTasks() {
    for (String base : List.of(MethodCases.LLAMA, MethodCases.T5)) {
      Objective objective =
          base.equals(MethodCases.T5) ? new Seq2SeqObjective() : new CausalLmObjective();
      try (Model model = TinyModels.random(base);
          MultitaskPromptTuning method = of(Map.of("tasks", TASKS), model)) {
        List<TokenRow> mixed = rows("c", "a", "b", "c");
        double sum = 0;
        for (TokenRow row : mixed) {
          double alone = loss(objective, model, method, List.of(row));
          Adapter chosen = method.ofTask(row.task());
          assertEquals(alone, loss(objective, model, chosen, List.of(row.ofTask(""))), 1e-5);
          sum += alone;
        }
        assertEquals(sum, loss(objective, model, method, mixed), 1e-4);
        double other = loss(objective, model, method, rows("a", "b", "c", "a"));
        assertTrue(Math.abs(sum - other) > 1e-3, "tasks differ");
      }
    }
  }

  @Test
  void aRowThatNamesNoTaskIsOfTheFirst() {
    try (Model model = TinyModels.llama();
        MultitaskPromptTuning method = of(Map.of("tasks", TASKS), model);
        MultitaskPromptTuning single = of(Map.of(), model)) {
      assertArrayEquals(logits(model, method.ofTask("a")), logits(model, method));
      assertArrayEquals(logits(model, single.ofTask("anything")), logits(model, single));
      requireRefused("'d' is no task", () -> method.ofTask("d"));
      requireRefused(
          "'d' is no task", () -> loss(new CausalLmObjective(), model, method, rows("a", "d")));
    }
  }

  @Test
  void aTaskLearnsFromItsOwnRowsOnly() {
    try (Model model = TinyModels.llama();
        MultitaskPromptTuning method = of(Map.of("tasks", TASKS), model);
        Scope scope = Scope.open()) {
      Pass pass = Pass.plain().with(method);
      Batch batch = Batch.of(rows("a", "c", "a"), 0);
      new CausalLmObjective().lossSum(model, pass, batch, 0).backward();
      for (String name : List.of(MultitaskPromptTuning.COLS, MultitaskPromptTuning.ROWS)) {
        Tensor gradient = gradient(method, name).abs();
        for (int task = 0; task < 3; task++) {
          assertEquals(task != 1, gradient.select(0, task).max().item() > 0, name + task);
        }
      }
      assertTrue(gradient(method, MultitaskPromptTuning.TABLE).abs().max().item() > 0);
    }
  }

  private static Tensor gradient(Method method, String name) {
    return Objects.requireNonNull(Objects.requireNonNull(method.trainable().get(name)).grad());
  }

  private MultitaskPromptTuning begun(Start start, Map<String, Object> changes, Model model) {
    Map<String, Object> all = new LinkedHashMap<>(changes);
    all.put("promptTuningInit", start);
    all.put("source", folder);
    return (MultitaskPromptTuning) Methods.attach(config(all), model);
  }

  private static float[] numbers(Method method, String name) {
    return Objects.requireNonNull(method.trainable().get(name)).toFloats();
  }

  @Test
  void aTaskBeginsWhereOthersEnded() {
    try (Model model = TinyModels.llama();
        MultitaskPromptTuning source = of(Map.of("tasks", TASKS), model)) {
      AdapterFiles.write(folder, source, model, "tiny", null);
      try (Method exact =
          begun(Start.EXACT_SOURCE_TASK, Map.of("promptTuningInitTask", 1), model)) {
        assertArrayEquals(logits(model, source.ofTask("b")), logits(model, exact));
      }
      try (Method mean = begun(Start.AVERAGE_SOURCE_TASKS, Map.of(), model)) {
        float[] all = numbers(source, MultitaskPromptTuning.ROWS);
        int size = all.length / 3;
        float[] average = new float[size];
        for (int i = 0; i < size; i++) {
          average[i] = (all[i] + all[size + i] + all[2 * size + i]) / 3;
        }
        assertArrayEquals(average, numbers(mean, MultitaskPromptTuning.ROWS), 1e-6f);
      }
      try (Method shared =
          begun(Start.ONLY_SOURCE_SHARED, Map.of("tasks", List.of("x", "y")), model)) {
        assertArrayEquals(
            numbers(source, MultitaskPromptTuning.TABLE),
            numbers(shared, MultitaskPromptTuning.TABLE));
        float[] anew = numbers(shared, MultitaskPromptTuning.COLS);
        assertEquals(2 * 4 * 2, anew.length);
        assertFalse(Arrays.equals(anew, numbers(source, MultitaskPromptTuning.COLS)));
      }
    }
  }

  @Test
  void aSourceThatDoesNotFitIsRefused() {
    try (Model model = TinyModels.llama();
        MultitaskPromptTuning source = of(Map.of("tasks", TASKS), model)) {
      requireRefused(
          "has no adapter_model.safetensors",
          () -> begun(Start.ONLY_SOURCE_SHARED, Map.of(), model));
      AdapterFiles.write(folder, source, model, "tiny", null);
      requireRefused(
          "are 0 to 2",
          () -> begun(Start.EXACT_SOURCE_TASK, Map.of("promptTuningInitTask", 3), model));
      requireRefused(
          "'prefix_task_cols' has shape [3, 4, 2]",
          () -> begun(Start.AVERAGE_SOURCE_TASKS, Map.of("numRanks", 1), model));
      requireRefused(
          "'prompt_embeddings' has shape [4, 32]",
          () -> begun(Start.ONLY_SOURCE_SHARED, Map.of("numVirtualTokens", 5), model));
    }
  }

  @Test
  void aConfigurationThatCannotBeIsRefused() {
    assertThrows(IllegalArgumentException.class, () -> of(List.of("a", "a"), Start.RANDOM));
    assertThrows(IllegalArgumentException.class, () -> of(List.of(), Start.ONLY_SOURCE_SHARED));
  }

  private static MultitaskPromptTuningConfig of(List<String> tasks, Start start) {
    return new MultitaskPromptTuningConfig(4, tasks, 1, start, "", null, 0, 1, List.of());
  }

  /** PEFT would put a second copy before the rows of a decoder. */
  @Test
  void aPromptForADecoderIsRefused() throws IOException {
    try (Model model = TinyModels.random(MethodCases.T5);
        Method method = of(Map.of(), model)) {
      AdapterFiles.write(folder, method, model, "tiny", null);
      Path file = folder.resolve("adapter_config.json");
      String sound = Files.readString(file);
      String twice = sound.replace("submodules\" : 1", "submodules\" : 2");
      assertNotEquals(sound, twice);
      Files.writeString(file, twice);
      requireRefused("num_transformer_submodules=2", () -> AdapterFiles.read(folder, model));
    }
  }

  /** PEFT's file has no room for names. */
  @Test
  void aFileKnowsTasksByTheirNumbers() {
    try (Model model = TinyModels.llama();
        MultitaskPromptTuning method = of(Map.of("tasks", TASKS), model)) {
      AdapterFiles.write(folder, method, model, "tiny", null);
      try (MultitaskPromptTuning read = (MultitaskPromptTuning) AdapterFiles.read(folder, model)) {
        float[] c = logits(model, method.ofTask("c"));
        assertArrayEquals(c, logits(model, read.ofTask("2")));
        requireRefused("'c' is no task", () -> read.ofTask("c"));
        read.named(TASKS);
        assertArrayEquals(c, logits(model, read.ofTask("c")));
        requireRefused("for 3 tasks", () -> read.named(List.of("a", "b")));
      }
    }
  }
}
