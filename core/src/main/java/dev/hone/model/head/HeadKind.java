package dev.hone.model.head;

import com.fasterxml.jackson.annotation.JsonValue;
import dev.hone.store.Config;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The heads that can be trained, and what a checkpoint says of each. */
public enum HeadKind {
  /** One class for a row. */
  SINGLE_LABEL("ForSequenceClassification", "single_label_classification"),
  /** Any number of classes for a row. */
  MULTI_LABEL("ForSequenceClassification", "multi_label_classification"),
  /** A number for a row. */
  REGRESSION("ForSequenceClassification", "regression"),
  /** A class for every token. */
  TOKEN_CLASSIFICATION("ForTokenClassification", null),
  /** The best of several rows. */
  MULTIPLE_CHOICE("ForMultipleChoice", null),
  /** The first and the last token of an answer. */
  QUESTION_ANSWERING("ForQuestionAnswering", null),
  /** The words behind masks. */
  MASKED_LM("ForMaskedLM", null);

  private final String ending;
  private final @Nullable String problemType;

  HeadKind(String ending, @Nullable String problemType) {
    this.ending = ending;
    this.problemType = problemType;
  }

  /** How the architecture's name ends. */
  public String ending() {
    return ending;
  }

  /** {@code problem_type} of config.json; null where the architecture says it all. */
  public @Nullable String problemType() {
    return problemType;
  }

  /** Whether its outputs are named by {@code id2label}. */
  public boolean namesLabels() {
    return this == SINGLE_LABEL || this == MULTI_LABEL || this == TOKEN_CLASSIFICATION;
  }

  /** As hone.json writes it. */
  @JsonValue
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** What config.json calls the outputs of a head, in their order; two where it names none. */
  public static List<String> labels(Config config) {
    Config names = config.optionalObject("id2label").orElse(null);
    int count = config.optionalInt("num_labels").orElse(names == null ? 2 : names.keys().size());
    List<String> labels = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      String standard = "LABEL_" + i;
      labels.add(names == null ? standard : names.optionalText("" + i).orElse(standard));
    }
    return labels;
  }

  /**
   * The head of an architecture; empty for one that writes.
   *
   * @param problemType may be empty, and then a single number is a regression
   * @param labels how many outputs it has
   */
  public static Optional<HeadKind> of(String architecture, String problemType, int labels) {
    String problem =
        !problemType.isEmpty()
            ? problemType
            : labels == 1 ? REGRESSION.problemType : SINGLE_LABEL.problemType;
    return Arrays.stream(values())
        .filter(kind -> architecture.endsWith(kind.ending))
        .filter(kind -> kind.problemType == null || kind.problemType.equals(problem))
        .findFirst();
  }
}
