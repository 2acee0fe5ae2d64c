package dev.hone.app;

import dev.hone.TunedModel;
import dev.hone.error.HoneException;
import dev.hone.model.head.HeadKind;
import dev.hone.run.head.SpanTask;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What a head answers, as text.
 *
 * @param pair a second text, or null
 * @param context what a question is about, or null
 * @param choices empty for heads that do not choose
 */
record HeadAnswer(
    Console console,
    TunedModel model,
    String text,
    @Nullable String pair,
    @Nullable String context,
    List<String> choices) {

  void print() {
    switch (model.head().orElse(HeadKind.SINGLE_LABEL)) {
      case SINGLE_LABEL -> {
        TunedModel.Answer answer = model.classify(text, pair);
        console.out().println(console.bold(answer.label()));
        probabilities(model.labels(), answer.probabilities());
      }
      case MULTI_LABEL ->
          model
              .labelled(text, pair)
              .forEach((label, p) -> probability(p, p > 0.5 ? console.bold(label) : label));
      case REGRESSION ->
          console.out().println(String.format(Locale.ROOT, "%.4g", model.rate(text, pair)));
      case TOKEN_CLASSIFICATION -> {
        List<String> words = List.of(text.strip().split("\\s+"));
        List<String> tags = model.tag(words);
        for (int i = 0; i < words.size(); i++) {
          console.out().println(words.get(i) + "\t" + tags.get(i));
        }
      }
      case MULTIPLE_CHOICE -> {
        if (choices.size() < 2) {
          throw new HoneException("this model chooses: give two answers or more with --choice");
        }
        probabilities(choices, model.choose(text, context, choices));
      }
      case QUESTION_ANSWERING -> found();
      case MASKED_LM ->
          model
              .fill(text)
              .forEach(
                  guesses -> {
                    guesses.forEach(guess -> probability(guess.probability(), guess.token()));
                    console.out().println();
                  });
    }
  }

  private void found() {
    if (context == null) {
      throw new HoneException("this model finds answers in a text: give the text with --context");
    }
    SpanTask.Found found = model.find(text, context);
    console.out().println(found.begin() < 0 ? "(no answer)" : console.bold(found.text()));
    probability(found.probability(), found.begin() < 0 ? "" : "from character " + found.begin());
  }

  private void probabilities(List<String> names, double[] probabilities) {
    for (int i = 0; i < names.size(); i++) {
      probability(probabilities[i], names.get(i));
    }
  }

  private void probability(double probability, String name) {
    console.out().printf(Locale.ROOT, "  %5.1f %%  %s%n", 100 * probability, name);
  }
}
