package dev.hone.generate;

import dev.hone.model.Adapter;
import dev.hone.model.Model;
import dev.hone.tokenizer.DecodeStream;
import dev.hone.tokenizer.Tokenizer;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/** Answers text with text: tokens in and out, end tokens and stop texts. */
public record TextGenerator(Model model, Adapter adapter, Tokenizer tokenizer) {

  /**
   * @param listener is given each piece of the answer as soon as no stop text can begin in it
   * @return the answer, without end token or stop text
   */
  public String continued(String prompt, GenerationConfig config, Consumer<String> listener) {
    return continued(tokenizer.encodeWithSpecial(prompt), config, listener);
  }

  /** The same for a prompt that is encoded already. */
  public String continued(int[] prompt, GenerationConfig config, Consumer<String> listener) {
    return answered(List.of(prompt), config, listener).getFirst();
  }

  /**
   * The answers to several prompts, which are worked on side by side.
   *
   * @return without end tokens or stop texts
   */
  public List<String> continued(List<String> prompts, GenerationConfig config) {
    return answered(
        prompts.stream().map(tokenizer::encodeWithSpecial).toList(), config, piece -> {});
  }

  /** The same for prompts that are encoded already. */
  public List<String> answers(List<int[]> prompts, GenerationConfig config) {
    return answered(prompts, config, piece -> {});
  }

  private List<String> answered(
      List<int[]> ids, GenerationConfig config, Consumer<String> listener) {
    Generator generator = new Generator(model, adapter);
    Set<Integer> ends = tokenizer.eosIds();
    List<Answer> answers =
        ids.stream().map(p -> new Answer(config, tokenizer.decodeStream(true), listener)).toList();
    if (config.numBeams() > 1) {
      List<int[]> found = generator.searched(ids, config, ends);
      for (int row = 0; row < found.size(); row++) {
        Answer answer = answers.get(row);
        boolean ignored =
            Arrays.stream(found.get(row))
                .anyMatch(token -> ends.contains(token) || answer.complete(token));
      }
    } else {
      List<int[]> ignored =
          generator.continued(
              ids,
              config,
              (row, token) -> ends.contains(token) || answers.get(row).complete(token));
    }
    return answers.stream().map(Answer::finished).toList();
  }

  /** The answer so far, and how much of it has been told. */
  private static final class Answer {
    private final GenerationConfig config;
    private final DecodeStream stream;
    private final Consumer<String> listener;
    private final StringBuilder text = new StringBuilder();
    private int told;
    private boolean stopped;

    Answer(GenerationConfig config, DecodeStream stream, Consumer<String> listener) {
      this.config = config;
      this.stream = stream;
      this.listener = listener;
    }

    /** Takes a token; true when a stop text has appeared. */
    boolean complete(int token) {
      text.append(stream.next(token));
      int end = stopAt();
      if (end >= 0) {
        text.setLength(end);
        stopped = true;
      }
      tell(stopped ? text.length() : text.length() - openStop());
      return stopped;
    }

    private int stopAt() {
      return config.stop().stream().mapToInt(text::indexOf).filter(i -> i >= 0).min().orElse(-1);
    }

    /** Length of the longest end of the text that may be the beginning of a stop text. */
    private int openStop() {
      int open = 0;
      for (String stop : config.stop()) {
        for (int n = Math.min(stop.length() - 1, text.length()); n > open; n--) {
          if (stop.startsWith(text.substring(text.length() - n))) {
            open = n;
          }
        }
      }
      return open;
    }

    private void tell(int end) {
      if (end > told) {
        listener.accept(text.substring(told, end));
        told = end;
      }
    }

    String finished() {
      if (!stopped) {
        text.append(stream.flush());
        tell(text.length());
      }
      return text.toString();
    }
  }
}
