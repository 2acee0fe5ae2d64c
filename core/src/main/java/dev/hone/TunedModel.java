package dev.hone;

import dev.hone.data.Example;
import dev.hone.error.HoneException;
import dev.hone.error.Nearest;
import dev.hone.evaluate.ChoiceScorer;
import dev.hone.generate.GenerationConfig;
import dev.hone.generate.TextGenerator;
import dev.hone.model.Adapter;
import dev.hone.run.AdapterCard;
import dev.hone.run.Questions;
import dev.hone.run.Tuned;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;

/** A model to be asked, with the adapter that a run has left. Native memory: close it. */
public final class TunedModel implements AutoCloseable {
  private final Tuned tuned;
  private final Adapter adapter;

  TunedModel(Tuned tuned) {
    this(tuned, tuned.adapter());
  }

  private TunedModel(Tuned tuned, Adapter adapter) {
    this.tuned = tuned;
    this.adapter = adapter;
  }

  /**
   * What a classifier says.
   *
   * @param label the likeliest
   * @param probabilities of all labels, in {@link #labels()} order
   */
  public record Answer(String label, double[] probabilities) {
    @Override
    public String toString() {
      double best = 0;
      for (double p : probabilities) {
        best = Math.max(best, p);
      }
      return String.format(Locale.ROOT, "%s (%.0f %%)", label, 100 * best);
    }
  }

  /** The labels that the model was trained to tell apart; empty for a model that writes text. */
  public List<String> labels() {
    return tuned.card().map(AdapterCard::labels).orElse(List.of());
  }

  /** The tasks that the adapter was trained on side by side; empty where it knows only one. */
  public List<String> tasks() {
    return tuned.card().map(AdapterCard::tasks).orElse(List.of());
  }

  /**
   * The same model, asked for one of {@link #tasks()}; without this it is asked for the first.
   * Closing either closes both.
   *
   * @throws HoneException for a task that is none of these
   */
  public TunedModel ofTask(String task) {
    if (!tasks().contains(task)) {
      throw new HoneException(
          tasks().isEmpty()
              ? "this model was not trained on several tasks, so that none can be chosen"
              : "'" + task + "' is no task of this model" + Nearest.hint(task, tasks()));
    }
    return new TunedModel(tuned, adapter.ofTask(task));
  }

  /**
   * The label of a text, asked in the words of the training.
   *
   * @throws HoneException when the model was not trained on labels
   */
  public Answer classify(String text) {
    AdapterCard card =
        tuned
            .card()
            .filter(c -> !c.labels().isEmpty())
            .orElseThrow(
                () -> new HoneException("this model was not trained to tell labels apart"));
    double[] scores = scores(card, text);
    double max = java.util.Arrays.stream(scores).max().orElse(0);
    double[] probabilities = java.util.Arrays.stream(scores).map(s -> Math.exp(s - max)).toArray();
    double sum = java.util.Arrays.stream(probabilities).sum();
    int best = 0;
    for (int i = 0; i < probabilities.length; i++) {
      probabilities[i] /= sum;
      best = probabilities[i] > probabilities[best] ? i : best;
    }
    return new Answer(card.labels().get(best), probabilities);
  }

  private double[] scores(AdapterCard card, String text) {
    Questions questions = card.questions(tuned.base());
    int[] prompt = questions.prompt(new Example.Labelled(text, card.labels().getFirst(), "input"));
    return tuned.base().speaks()
        ? new ChoiceScorer(tuned.base().model(), adapter, card.lengthNormalized())
            .scores(prompt, questions.choices(card.labels()))
        : tuned.classScores(prompt, adapter);
  }

  /** Answers a text that is put as the training put its rows: as a chat, instruction or prompt. */
  public String generate(String text, GenerationConfig config) {
    return generate(text, config, piece -> {});
  }

  /**
   * Answers a text that is put as the training put its rows.
   *
   * @param listener is given each piece of the answer as soon as it is certain
   */
  public String generate(String text, GenerationConfig config, Consumer<String> listener) {
    return generator().continued(tuned.question(text), config, listener);
  }

  /** Writes on where a text ends, with nothing put around it. */
  public String continued(String text, GenerationConfig config, Consumer<String> listener) {
    return generator().continued(text, config, listener);
  }

  private TextGenerator generator() {
    return new TextGenerator(tuned.base().model(), adapter, tuned.base().tokenizer());
  }

  @Override
  public void close() {
    tuned.close();
  }
}
