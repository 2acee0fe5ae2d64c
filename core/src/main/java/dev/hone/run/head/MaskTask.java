package dev.hone.run.head;

import dev.hone.data.DroppedRow;
import dev.hone.data.Example;
import dev.hone.data.head.HeadTexts;
import dev.hone.data.head.MaskEncoder;
import dev.hone.data.head.Masking;
import dev.hone.data.head.Reading;
import dev.hone.error.HoneException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/** The words behind masks: an answer is, for each mask of a text, what may stand there. */
public record MaskTask(HeadTexts texts)
    implements HeadTask<Example.Text, List<List<MaskTask.Guess>>> {
  private static final int GUESSES = 5;

  /** A token that may stand behind a mask. */
  public record Guess(String token, double probability) {}

  static MaskTask of(HeadTexts texts, int stride) {
    if (texts.tokenizer().maskId() < 0) {
      throw new HoneException(
          "the tokenizer has no mask token, so that no word can be hidden; set mask_token in"
              + " tokenizer_config.json");
    }
    if (stride > 0) {
      throw new HoneException(
          "data.stride: hidden words are learned from rows that do not overlap; leave it out");
    }
    return new MaskTask(texts);
  }

  public Masking masking() {
    return new Masking(texts.tokenizer().maskId(), texts.tokenizer().vocabSize());
  }

  @Override
  public Class<Example.Text> rows() {
    return Example.Text.class;
  }

  @Override
  public String columns() {
    return "text alone";
  }

  @Override
  public List<Reading> readings(Example.Text example) throws DroppedRow {
    return new MaskEncoder(texts).readings(example);
  }

  @Override
  public List<List<Guess>> answer(
      Example.Text example, List<Reading> readings, List<float[]> logits) {
    List<List<Guess>> guesses = new ArrayList<>();
    for (int r = 0; r < readings.size(); r++) {
      int[] ids = readings.get(r).row().ids();
      int words = logits.get(r).length / ids.length;
      for (int i = 0; i < ids.length; i++) {
        if (ids[i] == texts.tokenizer().maskId()) {
          guesses.add(likeliest(Arrays.copyOfRange(logits.get(r), i * words, (i + 1) * words)));
        }
      }
    }
    return guesses;
  }

  private List<Guess> likeliest(float[] logits) {
    double[] probabilities = Probabilities.softmax(logits);
    return IntStream.range(0, logits.length)
        .boxed()
        .sorted(Comparator.comparingDouble(id -> -probabilities[id]))
        .limit(GUESSES)
        .map(
            id ->
                new Guess(
                    texts.tokenizer().decode(new int[] {id}, false).strip(), probabilities[id]))
        .toList();
  }
}
