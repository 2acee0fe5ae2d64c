package dev.hone.run.head;

import dev.hone.data.DataConfig;
import dev.hone.data.DataConfig.Format;
import dev.hone.data.Dropped;
import dev.hone.data.DroppedRow;
import dev.hone.data.EncodedRows;
import dev.hone.data.Example;
import dev.hone.data.TokenRow;
import dev.hone.data.head.HeadTexts;
import dev.hone.data.head.Reading;
import dev.hone.error.HoneException;
import dev.hone.model.head.HeadKind;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Everything in which the tasks of heads differ: the rows that they learn from, what the head reads
 * of a row, and what its logits mean.
 *
 * @param <E> the rows
 * @param <A> an answer
 */
public sealed interface HeadTask<E extends Example, A> permits LabelTask, MaskTask, MeasuredTask {

  /**
   * @param labels of the rows, in the order of their numbers
   */
  static HeadTask<?, ?> of(HeadKind kind, HeadTexts texts, DataConfig config, List<String> labels) {
    return switch (kind) {
      case SINGLE_LABEL -> new LabelTask(texts, labels);
      case MULTI_LABEL -> new MultiLabelTask(texts, labels);
      case REGRESSION -> new RegressionTask(texts);
      case TOKEN_CLASSIFICATION -> new TagTask(texts, labels);
      case MULTIPLE_CHOICE -> new ChoiceTask(texts);
      case QUESTION_ANSWERING ->
          new SpanTask(texts, config.stride(), labels.contains(Example.UNANSWERABLE));
      case MASKED_LM -> MaskTask.of(texts, config.stride());
    };
  }

  /** The head that rows of this format need; empty where the model and the recipe decide. */
  static Optional<HeadKind> needed(Format rows) {
    return switch (rows) {
      case MULTI_LABEL -> Optional.of(HeadKind.MULTI_LABEL);
      case REGRESSION -> Optional.of(HeadKind.REGRESSION);
      case TAGGED -> Optional.of(HeadKind.TOKEN_CLASSIFICATION);
      case MULTIPLE_CHOICE -> Optional.of(HeadKind.MULTIPLE_CHOICE);
      case QUESTION_ANSWERING -> Optional.of(HeadKind.QUESTION_ANSWERING);
      default -> Optional.empty();
    };
  }

  Class<E> rows();

  /** The columns of those rows, for messages. */
  String columns();

  /**
   * What the head reads of a row, which may take several.
   *
   * @throws DroppedRow where there is nothing to learn, or no room for it
   */
  List<Reading> readings(E example) throws DroppedRow;

  /**
   * What the head has said.
   *
   * @param logits of each reading, as {@link HeadLogits} gives them
   */
  A answer(E example, List<Reading> readings, List<float[]> logits);

  /** The same, of the task among several that the row says. */
  default List<Reading> read(E example) throws DroppedRow {
    return readings(example).stream().map(r -> r.ofTask(example.task())).toList();
  }

  /** The answer for a single row. */
  default A answer(E example, HeadLogits head) {
    try {
      List<Reading> readings = read(example);
      return answer(
          example, readings, head.of(readings.stream().map(Reading::row).toList(), 1, done -> {}));
    } catch (DroppedRow e) {
      throw new HoneException(example.origin() + ": " + e.reason(), e);
    }
  }

  /**
   * @throws HoneException for rows of another kind, and when more than {@code data.maxDropped} of
   *     them hold nothing to learn
   */
  default EncodedRows encode(List<? extends Example> examples, double maxDropped) {
    List<TokenRow> encoded = new ArrayList<>();
    List<Dropped> dropped = new ArrayList<>();
    for (Example example : examples) {
      if (!rows().isInstance(example)) {
        throw new HoneException(
            example.origin() + ": this model's head needs rows with " + columns());
      }
      try {
        read(rows().cast(example)).forEach(reading -> encoded.add(reading.row()));
      } catch (DroppedRow e) {
        dropped.add(new Dropped(example.origin(), e.reason()));
      }
    }
    Dropped.check(dropped, examples.size(), maxDropped);
    return new EncodedRows(encoded, dropped, 0);
  }
}
