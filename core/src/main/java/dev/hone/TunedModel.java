package dev.hone;

import dev.hone.data.Example;
import dev.hone.error.HoneException;
import dev.hone.error.Nearest;
import dev.hone.evaluate.ChoiceScorer;
import dev.hone.generate.GenerationConfig;
import dev.hone.generate.TextGenerator;
import dev.hone.model.Adapter;
import dev.hone.model.head.HeadKind;
import dev.hone.run.AdapterCard;
import dev.hone.run.Questions;
import dev.hone.run.Tuned;
import dev.hone.run.head.ChoiceTask;
import dev.hone.run.head.HeadTask;
import dev.hone.run.head.LabelTask;
import dev.hone.run.head.MaskTask;
import dev.hone.run.head.MultiLabelTask;
import dev.hone.run.head.RegressionTask;
import dev.hone.run.head.SpanTask;
import dev.hone.run.head.TagTask;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A model to be asked, with the adapter that a run has left. Native memory: close it. */
public final class TunedModel implements AutoCloseable {
  private static final String INPUT = "input";

  private final Tuned tuned;
  private final Adapter adapter;
  private final boolean owner;

  TunedModel(Tuned tuned) {
    this(tuned, tuned.adapter(), true);
  }

  private TunedModel(Tuned tuned, Adapter adapter, boolean owner) {
    this.tuned = tuned;
    this.adapter = adapter;
    this.owner = owner;
  }

  /** The same model with another adapter; closing it closes nothing. */
  static TunedModel view(Tuned tuned, Adapter adapter) {
    return new TunedModel(tuned, adapter, false);
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
    return tuned.labels();
  }

  /** What head answers; empty for a model that writes. */
  public Optional<HeadKind> head() {
    return tuned.base().head();
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
    return new TunedModel(tuned, adapter.ofTask(task), owner);
  }

  /**
   * The label of a text, asked in the words of the training.
   *
   * @throws HoneException when the model was not trained on labels
   */
  public Answer classify(String text) {
    return classify(text, null);
  }

  /** The label of two texts that belong together. */
  public Answer classify(String text, @Nullable String pair) {
    double[] probabilities = tuned.base().speaks() ? spoken(text, pair) : classified(text, pair);
    int best = 0;
    for (int i = 1; i < probabilities.length; i++) {
      best = probabilities[i] > probabilities[best] ? i : best;
    }
    return new Answer(labels().get(best), probabilities);
  }

  private double[] classified(String text, @Nullable String pair) {
    return answer(
        task(LabelTask.class, "to tell labels apart"),
        new Example.Labelled(text, pair, labels().getFirst(), INPUT));
  }

  private double[] spoken(String text, @Nullable String pair) {
    AdapterCard card =
        tuned
            .card()
            .filter(c -> !c.labels().isEmpty())
            .orElseThrow(() -> notTrained("to tell labels apart"));
    Questions questions = card.questions(tuned.base(), card.labels());
    double[] scores =
        new ChoiceScorer(tuned.base().model(), adapter, card.lengthNormalized())
            .scores(
                questions.prompt(new Example.Labelled(text, pair, card.labels().getFirst(), INPUT)),
                questions.choices(card.labels()));
    double max = Arrays.stream(scores).max().orElse(0);
    double[] likelihoods = Arrays.stream(scores).map(s -> Math.exp(s - max)).toArray();
    double sum = Arrays.stream(likelihoods).sum();
    return Arrays.stream(likelihoods).map(l -> l / sum).toArray();
  }

  /**
   * How likely a text carries each of the labels, every one by itself.
   *
   * @param pair a second text that belongs to it, or null
   * @throws HoneException when the model was not trained on rows with several labels
   */
  public Map<String, Double> labelled(String text, @Nullable String pair) {
    double[] probabilities =
        answer(
            task(MultiLabelTask.class, "to tell several labels"),
            new Example.MultiLabelled(text, pair, List.of(), INPUT));
    Map<String, Double> all = new LinkedHashMap<>();
    for (int i = 0; i < probabilities.length; i++) {
      all.put(labels().get(i), probabilities[i]);
    }
    return all;
  }

  /**
   * The number of a text.
   *
   * @param pair a second text that belongs to it, or null
   * @throws HoneException when the model was not trained on numbers
   */
  public double rate(String text, @Nullable String pair) {
    return answer(
        task(RegressionTask.class, "to tell numbers"), new Example.Rated(text, pair, 0, INPUT));
  }

  /**
   * The tag of each word.
   *
   * @throws HoneException when the model was not trained to tag words
   */
  public List<String> tag(List<String> words) {
    return answer(
        task(TagTask.class, "to tag words"),
        new Example.Tagged(words, Collections.nCopies(words.size(), "O"), INPUT));
  }

  /**
   * How likely each choice is the right one.
   *
   * @param context a text that the question is about, or null
   * @throws HoneException when the model was not trained to choose
   */
  public double[] choose(String question, @Nullable String context, List<String> choices) {
    return answer(
        task(ChoiceTask.class, "to choose"),
        new Example.Choice(question, context, choices, 0, INPUT));
  }

  /**
   * The part of a text that answers a question.
   *
   * @throws HoneException when the model was not trained to find answers
   */
  public SpanTask.Found find(String question, String context) {
    return answer(
        task(SpanTask.class, "to find answers in a text"),
        new Example.Asked(question.strip(), context, List.of(), INPUT));
  }

  /**
   * What may stand behind each mask of a text, the likeliest first.
   *
   * @param text with the model's mask token, for example {@code [MASK]}
   * @throws HoneException when the model predicts no masked words
   */
  public List<List<MaskTask.Guess>> fill(String text) {
    return answer(task(MaskTask.class, "to find hidden words"), new Example.Text(text, INPUT));
  }

  private <E extends Example, A> A answer(HeadTask<E, A> task, E example) {
    return tuned.answer(task, example, adapter);
  }

  private <T extends HeadTask<?, ?>> T task(Class<T> type, String what) {
    return tuned
        .task()
        .filter(type::isInstance)
        .map(type::cast)
        .orElseThrow(() -> notTrained(what));
  }

  private static HoneException notTrained(String what) {
    return new HoneException("this model was not trained " + what);
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
    if (owner) {
      tuned.close();
    }
  }
}
