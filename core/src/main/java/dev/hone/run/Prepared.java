package dev.hone.run;

import dev.hone.data.DataConfig;
import dev.hone.data.Dropped;
import dev.hone.data.EncodedRows;
import dev.hone.data.Example;
import dev.hone.data.Splits;
import dev.hone.data.TokenRow;
import dev.hone.data.chat.ChatEncoder;
import dev.hone.data.chat.ChatTemplate;
import dev.hone.error.HoneException;
import dev.hone.error.Nearest;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Rows ready to learn from and to be measured on.
 *
 * @param labels the task's labels in the order of their numbers; empty where rows have none
 * @param chatTemplate hash of the template that conversations went through; empty without any
 * @param dropped rows that could not be encoded, with reasons
 * @param shortened rows of which something was cut off, so that they fit
 */
record Prepared(
    Splits splits,
    List<String> labels,
    Questions questions,
    List<TokenRow> train,
    List<TokenRow> validation,
    List<TokenRow> test,
    String chatTemplate,
    List<Dropped> dropped,
    int shortened) {

  static Prepared of(Splits splits, DataConfig config, Base base) {
    return of(splits, config, base, labels(splits));
  }

  /**
   * @param labels those that the model was trained on, of which the rows may lack some
   */
  static Prepared of(Splits splits, DataConfig config, Base base, List<String> labels) {
    ChatTemplate template = conversations(splits) ? ChatTemplate.of(base.folder()) : null;
    Questions questions =
        Questions.of(
            base,
            config,
            labels,
            template == null ? null : new ChatEncoder(base.tokenizer(), template));
    EncodedRows train = encoded(questions, config, splits.train());
    EncodedRows validation = encoded(questions, config, splits.validation());
    EncodedRows test = encoded(questions, config, splits.test());
    List<EncodedRows> all = List.of(train, validation, test);
    return new Prepared(
        splits,
        labels,
        questions,
        train.rows(),
        validation.rows(),
        test.rows(),
        template == null ? "" : template.hash(),
        all.stream().flatMap(rows -> rows.dropped().stream()).toList(),
        all.stream().mapToInt(EncodedRows::shortened).sum());
  }

  private static boolean conversations(Splits splits) {
    return Stream.of(splits.train(), splits.validation(), splits.test())
        .flatMap(List::stream)
        .anyMatch(
            e ->
                switch (e) {
                  case Example.Chat c -> true;
                  case Example.Pair p -> p.chosen() instanceof Example.Chat;
                  case Example.Judged j -> j.answer() instanceof Example.Chat;
                  default -> false;
                });
  }

  static List<String> labels(Splits splits) {
    List<Example> all = new ArrayList<>(splits.train());
    all.addAll(splits.validation());
    all.addAll(splits.test());
    return Example.labels(all);
  }

  private static EncodedRows encoded(
      Questions questions, DataConfig config, List<Example> examples) {
    boolean stream = config.stride() == 0 && !examples.isEmpty() && questions.task().isEmpty();
    if (stream && examples.stream().allMatch(Example.Text.class::isInstance)) {
      // Rows come in the order of a hash; neighbours in the stream are documents, not a plan.
      List<Example.Text> documents =
          new ArrayList<>(examples.stream().map(Example.Text.class::cast).toList());
      Collections.shuffle(documents, new Random(documents.size()));
      return questions.packed(documents);
    }
    return questions.encode(examples);
  }

  /**
   * Refuses a row of none of the tasks.
   *
   * @param tasks that are told apart; none where there is a single one
   */
  void requireTasks(List<String> tasks) {
    List<TokenRow> all = Stream.of(train, validation, test).flatMap(List::stream).toList();
    List<String> said =
        all.stream().map(TokenRow::task).filter(t -> !t.isEmpty()).distinct().sorted().toList();
    if (tasks.isEmpty() && said.size() > 1) {
      throw new HoneException(
          "the rows' column 'task' names %s: list them in method.tasks, or name another column with"
                  .formatted(String.join(", ", said))
              + " data.columns={task: ...}");
    }
    for (TokenRow row : all) {
      if (row.task().isEmpty() && tasks.size() > 1) {
        throw new HoneException(
            "%s: the row has no task; its column 'task' must say one of %s"
                .formatted(row.origin(), String.join(", ", tasks)));
      }
      if (!row.task().isEmpty() && !tasks.isEmpty() && !tasks.contains(row.task())) {
        throw new HoneException(
            "%s: task '%s' is not in method.tasks%s"
                .formatted(row.origin(), row.task(), Nearest.hint(row.task(), tasks)));
      }
    }
  }

  /** Test examples that could be encoded. */
  List<Example> testExamples() {
    Set<String> origins = new LinkedHashSet<>();
    dropped.forEach(d -> origins.add(d.origin()));
    return splits.test().stream().filter(e -> !origins.contains(e.origin())).toList();
  }
}
