package dev.hone.data;

import dev.hone.data.chat.Message;
import java.util.Collection;
import java.util.List;

/** What one row teaches. */
public sealed interface Example {

  /** Where the row came from: {@code file:line}. */
  String origin();

  /** The task that the row belongs to among several, as its column says it; empty for none. */
  default String task() {
    return "";
  }

  /** A text and the name of its class. */
  record Labelled(String text, String label, String origin, String task) implements Example {
    public Labelled(String text, String label, String origin) {
      this(text, label, origin, "");
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

  /** The distinct labels of all labelled rows, in the order of their names. */
  static List<String> labels(Collection<? extends Example> examples) {
    return examples.stream()
        .filter(Labelled.class::isInstance)
        .map(e -> ((Labelled) e).label())
        .distinct()
        .sorted()
        .toList();
  }
}
