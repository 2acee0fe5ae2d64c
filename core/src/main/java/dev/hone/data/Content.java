package dev.hone.data;

import dev.hone.data.chat.Message;
import java.text.Normalizer;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What makes two rows the same row: their words, whatever their case and white space. */
final class Content {
  private Content() {}

  /** All that a model would see of the row, normalised; a label is not part of it. */
  static String whole(Example example) {
    String words = words(example);
    return example.task().isEmpty() ? words : normal(example.task()) + "\n" + words;
  }

  private static String words(Example example) {
    return switch (example) {
      case Example.Labelled e -> normal(e.whole());
      case Example.MultiLabelled e -> normal(both(e.text(), e.pair()));
      case Example.Rated e -> normal(both(e.text(), e.pair()));
      case Example.Tagged e -> normal(String.join(" ", e.words()));
      case Example.Asked e -> normal(e.question() + "\n" + e.context());
      case Example.Choice e ->
          normal(both(e.question(), e.context()) + "\n" + String.join("\n", e.choices()));
      case Example.Completion e -> normal(e.prompt() + "\n" + e.completion());
      case Example.Chat e -> normal(said(e.messages()));
      case Example.Text e -> normal(e.text());
      case Example.Pair e -> whole(e.chosen()) + "\n" + whole(e.rejected());
      case Example.Judged e -> whole(e.answer());
    };
  }

  /** What comes before the last answer, normalised; null where there is no such thing. */
  static @Nullable String question(Example example) {
    @Nullable String asked =
        switch (example) {
          case Example.Completion e -> normal(e.prompt());
          case Example.Chat e -> {
            List<Message> m = e.messages();
            int last = m.size() - 1;
            while (last > 0 && !m.get(last).isAssistant()) {
              last--;
            }
            yield normal(said(m.subList(0, last)));
          }
          case Example.Asked e -> normal(e.context()); // else its answers are read in training
          case Example.Choice e -> normal(e.context() == null ? "" : e.context());
          case Example.Labelled e -> "";
          case Example.MultiLabelled e -> "";
          case Example.Rated e -> "";
          case Example.Tagged e -> "";
          case Example.Text e -> "";
          case Example.Pair e -> question(e.chosen());
          case Example.Judged e -> question(e.answer());
        };
    return asked == null || asked.isEmpty() ? null : asked;
  }

  /** Everything of the row letter by letter, to order rows that are otherwise equal. */
  static String exact(Example example) {
    return switch (example) {
      case Example.Labelled e -> e.whole() + "\0" + e.label();
      case Example.MultiLabelled e -> both(e.text(), e.pair()) + "\0" + e.labels();
      case Example.Rated e -> both(e.text(), e.pair()) + "\0" + e.value();
      case Example.Tagged e -> e.words() + "\0" + e.tags();
      case Example.Asked e -> e.question() + "\0" + e.context() + "\0" + e.answers();
      case Example.Choice e ->
          both(e.question(), e.context()) + "\0" + e.choices() + "\0" + e.right();
      case Example.Completion e -> e.prompt() + "\0" + e.completion();
      case Example.Chat e -> e.messages().toString();
      case Example.Text e -> e.text();
      case Example.Pair e -> exact(e.chosen()) + "\0" + exact(e.rejected());
      case Example.Judged e -> exact(e.answer()) + "\0" + e.wanted();
    };
  }

  private static String both(String text, @Nullable String other) {
    return other == null ? text : text + "\n" + other;
  }

  // A system message is usually the same in all rows, and so says nothing about one of them.
  private static String said(List<Message> messages) {
    return messages.stream()
        .filter(m -> !m.role().equals("system"))
        .map(Message::content)
        .collect(Collectors.joining("\n"));
  }

  static String normal(String text) {
    String folded = Normalizer.normalize(text, Normalizer.Form.NFKC).toLowerCase(Locale.ROOT);
    StringBuilder out = new StringBuilder(folded.length());
    boolean space = false;
    for (int i = 0; i < folded.length(); i++) {
      char c = folded.charAt(i);
      if (Character.isWhitespace(c) || Character.isSpaceChar(c)) {
        space = !out.isEmpty();
      } else {
        if (space) {
          out.append(' ');
          space = false;
        }
        out.append(c);
      }
    }
    return out.toString();
  }
}
