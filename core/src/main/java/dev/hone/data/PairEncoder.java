package dev.hone.data;

import dev.hone.error.HoneException;
import dev.hone.error.Nearest;
import dev.hone.tokenizer.Encoder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Rows for a model that reads one text and writes another: what is read, with the special tokens
 * that the model expects around it, then what is to be written, all of which is learned. An end
 * token is always the last label.
 */
public final class PairEncoder {
  private final Encoder encoder;
  private final DataConfig config;
  private final List<String> labels;
  private final SourceEncoder source;
  private final int maxTokens;

  /**
   * @param context tokens that each side of the model can hold; {@code data.maxTokens} may ask for
   *     fewer
   * @param labels the task's labels in the order of their numbers; empty where rows have none
   * @throws HoneException when {@code data.maxTokens} exceeds the context, the tokenizer has no end
   *     token, or a pattern lacks its place holder
   */
  public PairEncoder(Encoder encoder, DataConfig config, int context, List<String> labels) {
    this.encoder = encoder;
    this.config = config;
    this.labels = List.copyOf(labels);
    this.source = new SourceEncoder(encoder, config.maxTokens(), context);
    this.maxTokens = config.maxTokens() == 0 ? context : config.maxTokens();
    RowEncoder.requireEnd(encoder);
    if (!labels.isEmpty()) {
      RowEncoder.placeHolder("prompt", config.prompt(), "{text}");
      RowEncoder.placeHolder("answer", config.answer(), "{label}");
    }
  }

  /**
   * @throws HoneException when more than {@code data.maxDropped} of the rows hold nothing to learn
   *     or do not fit, for a label that is not among the task's, and for rows that are no pairs
   */
  public EncodedRows encode(List<? extends Example> examples) {
    List<TokenRow> rows = new ArrayList<>();
    List<Dropped> dropped = new ArrayList<>();
    for (Example example : examples) {
      try {
        rows.add(row(example).ofTask(example.task()));
      } catch (DroppedRow e) {
        dropped.add(new Dropped(example.origin(), e.reason()));
      }
    }
    Dropped.check(dropped, examples.size(), config.maxDropped());
    return new EncodedRows(rows, dropped, 0);
  }

  /** What is read; a long text is cut from its right, as a document is. */
  public int[] prompt(String text) {
    return source.ids(text);
  }

  /** The question that a labelled row is read as. */
  public int[] prompt(Example.Labelled example) {
    return prompt(config.prompt().replace("{text}", example.whole()));
  }

  /** The ids of each label as an answer, without the end token. */
  public List<int[]> choices(List<String> labels) {
    return labels.stream()
        .map(label -> written(answer(label)))
        .map(ids -> Arrays.copyOf(ids, ids.length - 1))
        .toList();
  }

  private String answer(String label) {
    return config.answer().replace("{label}", label);
  }

  private TokenRow row(Example example) throws DroppedRow {
    return switch (example) {
      case Example.Labelled e -> {
        int label = labels.indexOf(e.label());
        if (label < 0) {
          throw new HoneException(
              "%s: label '%s' is not among the task's labels%s"
                  .formatted(e.origin(), e.label(), Nearest.hint(e.label(), labels)));
        }
        yield row(prompt(e), answer(e.label()), label, e.origin());
      }
      case Example.Completion e -> row(prompt(e.prompt()), e.completion(), -1, e.origin());
      default -> throw noPair(example);
    };
  }

  private static HoneException noPair(Example example) {
    return new HoneException(
        example.origin()
            + ": this model reads one text and writes another, and needs rows with prompt and"
            + " completion, or with text and label");
  }

  private TokenRow row(int[] read, String completion, int label, String origin) throws DroppedRow {
    if (read.length == 0) {
      throw new DroppedRow("the prompt has no tokens");
    }
    if (encoder.encode(completion).length == 0) {
      throw new DroppedRow("the completion has no tokens");
    }
    int[] written = written(completion);
    if (written.length > maxTokens) {
      throw new DroppedRow(
          "completion of %d tokens does not fit into %d".formatted(written.length, maxTokens));
    }
    int[] ids = Arrays.copyOf(read, read.length + written.length);
    System.arraycopy(written, 0, ids, read.length, written.length);
    boolean[] learned = new boolean[ids.length];
    Arrays.fill(learned, read.length, ids.length, true);
    return new TokenRow(ids, learned, label, origin);
  }

  /** With the special tokens of a whole text, of which the last is the end token. */
  private int[] written(String text) {
    int[] ids = encoder.encodeWithSpecial(text);
    if (ids.length > 0 && ids[ids.length - 1] == encoder.eosId()) {
      return ids;
    }
    int[] ended = Arrays.copyOf(ids, ids.length + 1);
    ended[ids.length] = encoder.eosId();
    return ended;
  }
}
