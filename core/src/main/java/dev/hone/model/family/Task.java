package dev.hone.model.family;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/** The tasks that encoders are fine-tuned for; an architecture's name ends with its task. */
enum Task {
  MASKED_WORDS("ForMaskedLM"),
  ROWS("ForSequenceClassification"),
  TOKENS("ForTokenClassification"),
  CHOICE("ForMultipleChoice"),
  ANSWER("ForQuestionAnswering"),
  REPLACED_TOKENS("ForPreTraining");

  private static final List<Task> COMMON = List.of(MASKED_WORDS, ROWS, TOKENS, CHOICE, ANSWER);

  private final String ending;

  Task(String ending) {
    this.ending = ending;
  }

  /** The names of the five tasks that every encoder has, for each stem, for example "Bert". */
  static List<String> architectures(String... stems) {
    List<String> names = new ArrayList<>();
    for (String stem : stems) {
      COMMON.forEach(task -> names.add(stem + task.ending));
    }
    return names;
  }

  /** Whether an architecture, of whatever family, has a head that a task has brought. */
  static boolean isFineTuned(String architecture) {
    return Stream.of(ROWS, TOKENS, CHOICE, ANSWER)
        .anyMatch(task -> architecture.endsWith(task.ending));
  }

  /** The task of one of those names. */
  static Task of(String architecture) {
    return Arrays.stream(values())
        .filter(task -> architecture.endsWith(task.ending))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException(architecture));
  }
}
