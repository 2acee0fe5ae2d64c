package dev.hone.run;

import dev.hone.data.DataConfig;
import dev.hone.data.EncodedRows;
import dev.hone.data.Example;
import dev.hone.data.PairEncoder;
import dev.hone.data.RowEncoder;
import dev.hone.data.chat.ChatEncoder;
import dev.hone.data.head.HeadTexts;
import dev.hone.model.EncoderDecoder;
import dev.hone.model.Recurrent;
import dev.hone.run.head.HeadTask;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** How rows are put to a model: in words, or as the text alone where a head gives the answer. */
public sealed interface Questions {

  static Questions of(
      Base base, DataConfig config, List<String> labels, @Nullable ChatEncoder chat) {
    int context = base.model().backbone().maxPositions();
    if (base.model().backbone() instanceof EncoderDecoder) {
      return new InPairs(new PairEncoder(base.tokenizer(), config, context, labels));
    }
    if (base.model().backbone() instanceof Recurrent recurrent && base.speaks()) {
      return new InStream(
          new InWords(new RowEncoder(base.tokenizer(), config, context, labels, chat)),
          recurrent.window() + 1);
    }
    if (base.speaks()) {
      return new InWords(new RowEncoder(base.tokenizer(), config, context, labels, chat));
    }
    HeadTexts texts = HeadTexts.of(base.tokenizer(), config, context);
    return new ForHead(
        HeadTask.of(base.head().orElseThrow(), texts, config, labels), config.maxDropped());
  }

  /** What a head is asked; empty where the model answers in words. */
  default Optional<HeadTask<?, ?>> task() {
    return Optional.empty();
  }

  EncodedRows encode(List<? extends Example> examples);

  /** Documents as one stream, cut into rows. */
  EncodedRows packed(List<Example.Text> documents);

  /** What stands before the answer. */
  int[] prompt(Example.Labelled example);

  /** The answers that a label is chosen from, as token ids. */
  List<int[]> choices(List<String> labels);

  /** The model answers with the label's words. */
  record InWords(RowEncoder encoder) implements Questions {
    @Override
    public EncodedRows encode(List<? extends Example> examples) {
      return encoder.encode(examples);
    }

    @Override
    public EncodedRows packed(List<Example.Text> documents) {
      return encoder.packed(documents);
    }

    @Override
    public int[] prompt(Example.Labelled example) {
      return encoder.prompt(example);
    }

    @Override
    public List<int[]> choices(List<String> labels) {
      return encoder.choices(labels);
    }
  }

  /**
   * As in words, but documents are one stream whose rows follow on each other.
   *
   * @param length of such a row in tokens, where the recipe does not say
   */
  record InStream(InWords words, int length) implements Questions {
    @Override
    public EncodedRows encode(List<? extends Example> examples) {
      return words.encode(examples);
    }

    @Override
    public EncodedRows packed(List<Example.Text> documents) {
      return words.encoder().streamed(documents, length);
    }

    @Override
    public int[] prompt(Example.Labelled example) {
      return words.prompt(example);
    }

    @Override
    public List<int[]> choices(List<String> labels) {
      return words.choices(labels);
    }
  }

  /** The model reads the question and writes the label's words. */
  record InPairs(PairEncoder encoder) implements Questions {
    @Override
    public EncodedRows encode(List<? extends Example> examples) {
      return encoder.encode(examples);
    }

    @Override
    public EncodedRows packed(List<Example.Text> documents) {
      return encode(documents);
    }

    @Override
    public int[] prompt(Example.Labelled example) {
      return encoder.prompt(example);
    }

    @Override
    public List<int[]> choices(List<String> labels) {
      return encoder.choices(labels);
    }
  }

  /**
   * A head answers.
   *
   * @param maxDropped share of the rows that may hold nothing to learn
   */
  record ForHead(HeadTask<?, ?> head, double maxDropped) implements Questions {
    @Override
    public Optional<HeadTask<?, ?>> task() {
      return Optional.of(head);
    }

    @Override
    public EncodedRows encode(List<? extends Example> examples) {
      return head.encode(examples, maxDropped);
    }

    @Override
    public EncodedRows packed(List<Example.Text> documents) {
      return encode(documents);
    }

    @Override
    public int[] prompt(Example.Labelled example) {
      throw new IllegalStateException("a head is not asked in words");
    }

    @Override
    public List<int[]> choices(List<String> labels) {
      return List.of();
    }
  }
}
