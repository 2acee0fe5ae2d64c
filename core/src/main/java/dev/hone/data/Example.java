package dev.hone.data;

import dev.hone.data.chat.Message;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What one row teaches. */
public sealed interface Example {

  /** The label of a question that the text does not answer. */
  String UNANSWERABLE = "no answer";

  /** Where the row came from: {@code file:line}. */
  String origin();

  /** The task that the row belongs to among several, as its column says it; empty for none. */
  default String task() {
    return "";
  }

  /**
   * A text and the name of its class.
   *
   * @param pair a second text that belongs to the first, or null
   */
  record Labelled(String text, @Nullable String pair, String label, String origin, String task)
      implements Example {
    public Labelled(String text, @Nullable String pair, String label, String origin) {
      this(text, pair, label, origin, "");
    }

    public Labelled(String text, String label, String origin) {
      this(text, null, label, origin);
    }

    /** Both texts as one, for a model that answers in words. */
    public String whole() {
      return pair == null ? text : text + "\n" + pair;
    }
  }

  /** A text, perhaps with a second one, and the names of all that it is; there may be none. */
  record MultiLabelled(String text, @Nullable String pair, List<String> labels, String origin)
      implements Example {
    public MultiLabelled {
      labels = List.copyOf(labels);
    }
  }

  /** A text, perhaps with a second one, and a number. */
  record Rated(String text, @Nullable String pair, double value, String origin)
      implements Example {}

  /** Words, and the tag of each of them. */
  record Tagged(List<String> words, List<String> tags, String origin) implements Example {
    public Tagged {
      words = List.copyOf(words);
      tags = List.copyOf(tags);
    }
  }

  /**
   * A question whose answer is a part of a text.
   *
   * @param answers where it stands; any of them is right, and none means that the text has none
   */
  record Asked(String question, String context, List<Span> answers, String origin)
      implements Example {
    public Asked {
      answers = List.copyOf(answers);
    }
  }

  /**
   * A part of a text.
   *
   * @param begin in UTF-16 units
   */
  record Span(String text, int begin) {
    public int end() {
      return begin + text.length();
    }
  }

  /**
   * Several ways to go on, of which one is right.
   *
   * @param question what stands before each choice
   * @param context a text that the question is about, or null
   * @param right number of the right choice, from 0
   */
  record Choice(
      String question, @Nullable String context, List<String> choices, int right, String origin)
      implements Example {
    public Choice {
      choices = List.copyOf(choices);
    }
  }

  /** A prompt, possibly empty, and what the model is to answer. */
  record Completion(String prompt, String completion, String origin, String task)
      implements Example {
    public Completion(String prompt, String completion, String origin) {
      this(prompt, completion, origin, "");
    }
  }

  /** A conversation with at least one turn of the assistant. */
  record Chat(List<Message> messages, String origin, String task) implements Example {
    public Chat(List<Message> messages, String origin) {
      this(messages, origin, "");
    }

    public Chat {
      messages = List.copyOf(messages);
    }
  }

  /** A document, to be learned from its first word to its last. */
  record Text(String text, String origin) implements Example {}

  /**
   * A question with two answers; both sides are completions of one prompt, or conversations that
   * differ in their last message.
   */
  record Pair(Example chosen, Example rejected, String origin) implements Example {
    @Override
    public String task() {
      return chosen.task();
    }
  }

  /** An answer, a completion or a conversation's last message, and whether it is wanted. */
  record Judged(Example answer, boolean wanted, String origin) implements Example {
    @Override
    public String task() {
      return answer.task();
    }
  }

  /** The labels of this row: of a class, of several, of words, or whether there is an answer. */
  default List<String> labels() {
    return switch (this) {
      case Labelled e -> List.of(e.label);
      case MultiLabelled e -> e.labels;
      case Tagged e -> e.tags;
      case Asked e -> List.of(e.answers.isEmpty() ? UNANSWERABLE : "answer");
      default -> List.of();
    };
  }

  /** The distinct labels of all rows, in the order of their names. */
  static List<String> labels(Collection<? extends Example> examples) {
    return examples.stream().flatMap(e -> e.labels().stream()).distinct().sorted().toList();
  }
}
