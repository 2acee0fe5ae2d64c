package dev.hone.method.multitaskprompttuning;

import dev.hone.config.Doc;
import dev.hone.config.Name;
import dev.hone.config.Range;
import dev.hone.method.PeftJson;
import dev.hone.method.SoftPromptConfig;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Multitask prompt tuning: a prompt that tasks share, times a matrix of low rank for each. */
@Name("multitask-prompt-tuning")
@Doc("Multitask prompt tuning: a shared prompt and a factor for each task (arXiv:2303.02861)")
public record MultitaskPromptTuningConfig(
    @Doc("How many vectors") @Range(min = 1, max = 4096) int numVirtualTokens,
    @Doc("Names of the tasks as the rows' column task has them; none means a single task")
        List<String> tasks,
    @Doc("Rank of a task's factor") @Range(min = 1, max = 1024) int numRanks,
    @Doc(
            "What the shared vectors begin as: sample-vocab, text or random, as in prompt-tuning; or"
                + " with those of a source run, and the task's factor with one of its tasks'"
                + " (exact-source-task), their mean (average-source-tasks), or anew"
                + " (only-source-shared)")
        Start promptTuningInit,
    @Doc("The text of promptTuningInit: text; it is cut or repeated to fit")
        String promptTuningInitText,
    @Doc("The source run, or its adapter's folder") @Nullable Path source,
    @Doc("Number of the task of exact-source-task, from 0") @Range(min = 0)
        int promptTuningInitTask,
    @Doc("Learning rate of all of it as a multiple of the run's") @Range(min = 0.001, max = 1000)
        double rateFactor,
    @Doc("Modules that are trained whole and saved with the adapter") List<String> modulesToSave)
    implements SoftPromptConfig {

  /** What vectors and factors begin as. */
  public enum Start {
    RANDOM,
    TEXT,
    SAMPLE_VOCAB,
    AVERAGE_SOURCE_TASKS,
    EXACT_SOURCE_TASK,
    ONLY_SOURCE_SHARED;

    /** Whether the shared vectors are another run's. */
    boolean hasSource() {
      return hasSourceFactor() || this == ONLY_SOURCE_SHARED;
    }

    /** Whether the task's factor is another run's, too. */
    boolean hasSourceFactor() {
      return this == AVERAGE_SOURCE_TASKS || this == EXACT_SOURCE_TASK;
    }
  }

  public MultitaskPromptTuningConfig {
    if (tasks.stream().distinct().count() < tasks.size()) {
      throw new IllegalArgumentException("tasks names one twice: " + tasks);
    }
    if (promptTuningInit.hasSource() && source == null) {
      throw new IllegalArgumentException(
          "promptTuningInit begins with another run's prompt, but source names none");
    }
    if (promptTuningInit.hasSourceFactor() && tasks.size() > 1) {
      throw new IllegalArgumentException(
          "promptTuningInit gives a single task its factor, but tasks names "
              + tasks.size()
              + "; leave one, or begin with only-source-shared");
    }
  }

  public static MultitaskPromptTuningConfig defaults() {
    return new MultitaskPromptTuningConfig(
        20, List.of(), 1, Start.SAMPLE_VOCAB, "", null, 0, 30, List.of());
  }

  /** The configuration that a file of PEFT's has, which knows tasks by their numbers. */
  public static MultitaskPromptTuningConfig read(PeftJson json) {
    json.ignore(
        "num_attention_heads",
        "num_layers",
        "prompt_tuning_init",
        "prompt_tuning_init_state_dict_path",
        "prompt_tuning_init_task",
        "prompt_tuning_init_text",
        "token_dim",
        "tokenizer_kwargs",
        "tokenizer_name_or_path");
    if (json.rank("num_transformer_submodules") != 1) {
      throw json.unsupported(
          "num_transformer_submodules",
          "PEFT trains the second copy before the decoder's rows, but generates without it; train"
              + " with num_transformer_submodules=1");
    }
    MultitaskPromptTuningConfig defaults = defaults();
    int tasks = json.rank("num_tasks");
    return new MultitaskPromptTuningConfig(
        json.rank("num_virtual_tokens"),
        tasks == 1 ? List.of() : IntStream.range(0, tasks).mapToObj(String::valueOf).toList(),
        json.rank("num_ranks"),
        defaults.promptTuningInit,
        defaults.promptTuningInitText,
        null,
        0,
        defaults.rateFactor,
        json.modulesToSave());
  }

  /** N, at least one. */
  int numTasks() {
    return Math.max(1, tasks.size());
  }

  @Override
  public String peftType() {
    return "MULTITASK_PROMPT_TUNING";
  }

  @Override
  public SoftPromptConfig.Start start() {
    return switch (promptTuningInit) {
      case TEXT -> SoftPromptConfig.Start.TEXT;
      case SAMPLE_VOCAB -> SoftPromptConfig.Start.SAMPLE_VOCAB;
      default -> SoftPromptConfig.Start.RANDOM;
    };
  }

  @Override
  public String text() {
    return promptTuningInitText;
  }

  @Override
  public Map<String, @Nullable Object> fields() {
    Map<String, @Nullable Object> fields = new LinkedHashMap<>();
    fields.put("num_ranks", numRanks);
    fields.put("num_tasks", numTasks());
    fields.put("num_transformer_submodules", 1);
    // PEFT would ask for a tokenizer or a source with others, although a finished adapter needs
    // neither.
    fields.put("prompt_tuning_init", "RANDOM");
    fields.put("prompt_tuning_init_state_dict_path", null);
    fields.put("prompt_tuning_init_task", 0);
    fields.put("prompt_tuning_init_text", null);
    fields.put("tokenizer_name_or_path", null);
    return fields;
  }
}
