package dev.hone.data.chat;

import dev.hone.data.DroppedRow;
import dev.hone.data.Example;
import dev.hone.data.TokenRow;
import dev.hone.error.HoneException;
import dev.hone.tokenizer.Encoder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Conversations to token ids with a label mask.
 *
 * <p>What the assistant says is found by rendering the conversation up to each of its turns and
 * after it, and comparing: no marker of any template is known here. The ids are those of the whole
 * rendered text, begin tokens and all, just as the template writes them; nothing is added.
 */
public final class ChatEncoder {
  private final Encoder encoder;
  private final ChatTemplate template;

  public ChatEncoder(Encoder encoder, ChatTemplate template) {
    this.encoder = encoder;
    this.template = template;
  }

  /**
   * @param turnsLeftOut messages at the beginning that had to go for the rest to fit
   */
  public record Encoded(TokenRow row, int turnsLeftOut) {}

  /**
   * @param turnsLeftOut messages at the beginning that had to go, the same ones in all rows
   */
  public record Answers(List<TokenRow> rows, int turnsLeftOut) {}

  /** From where to where in the rendered text the assistant speaks, its end-of-turn included. */
  private record Span(int from, int to) {}

  /**
   * What a server feeds to the model before it answers: the same ids that stand before the answer
   * in a training row.
   */
  public int[] prompt(List<Message> messages) {
    return encoder.encode(template.render(messages, true));
  }

  /**
   * Encodes a conversation. Where it is too long, its oldest exchanges are left out, whole turns at
   * a time; a system message stays.
   *
   * @throws DroppedRow when it cannot fit, or the template refuses its roles
   * @throws HoneException when the template writes a conversation so that its beginning is not the
   *     conversation's beginning, and so cannot be split
   */
  public Encoded encode(Example.Chat chat, int maxTokens) throws DroppedRow {
    List<Message> messages = chat.messages();
    while (true) {
      TokenRow row = row(messages, chat.origin());
      if (row.length() <= maxTokens) {
        if (row.learnedTokens() == 0) {
          throw new DroppedRow("no token to learn");
        }
        return new Encoded(row, chat.messages().size() - messages.size());
      }
      List<Message> shorter = withoutOldest(messages);
      if (shorter == null) {
        throw new DroppedRow(
            "the last exchange takes %d tokens, more than %d".formatted(row.length(), maxTokens));
      }
      messages = shorter;
    }
  }

  /**
   * Encodes conversations that differ in their last message alone, of which only that message is
   * learned. What one of them must leave out is left out of all.
   *
   * @throws DroppedRow as {@link #encode} does
   */
  public Answers answers(List<Example.Chat> chats, int maxTokens) throws DroppedRow {
    int leftOut = 0;
    for (Example.Chat chat : chats) {
      leftOut = Math.max(leftOut, encode(chat, maxTokens).turnsLeftOut());
    }
    List<TokenRow> rows = new ArrayList<>();
    for (Example.Chat chat : chats) {
      List<Message> kept = new ArrayList<>(chat.messages());
      int first = kept.getFirst().role().equals("system") ? 1 : 0;
      kept.subList(first, first + leftOut).clear();
      rows.add(lastOnly(row(kept, chat.origin())));
    }
    return new Answers(rows, leftOut);
  }

  private static TokenRow lastOnly(TokenRow row) {
    int to = row.learned().length;
    while (to > 0 && !row.learned()[to - 1]) {
      to--;
    }
    int from = to;
    while (from > 0 && row.learned()[from - 1]) {
      from--;
    }
    boolean[] last = new boolean[row.learned().length];
    Arrays.fill(last, from, to, true);
    return new TokenRow(row.ids(), last, row.label(), row.origin());
  }

  private TokenRow row(List<Message> messages, String origin) throws DroppedRow {
    String text = run(messages, false);
    List<Span> spans = spans(messages, text);
    List<Integer> cuts = new ArrayList<>();
    for (Span span : spans) {
      cuts.add(span.from());
      cuts.add(span.to());
    }
    int[] ids = encoder.encode(text);
    List<Integer> ends = new ArrayList<>();
    boolean clean = true;
    for (int cut : cuts) {
      int[] before = encoder.encode(text.substring(0, cut));
      clean &= Arrays.mismatch(before, ids) == before.length || Arrays.equals(before, ids);
      ends.add(before.length);
    }
    if (!clean) {
      // A token of the whole text lies across a boundary, where none can lie when the model
      // answers: the pieces are encoded one by one.
      ends.clear();
      ids = new int[0];
      int from = 0;
      for (int cut : cuts) {
        ids = concat(ids, encoder.encode(text.substring(from, cut)));
        ends.add(ids.length);
        from = cut;
      }
      ids = concat(ids, encoder.encode(text.substring(from)));
    }
    boolean[] learned = new boolean[ids.length];
    for (int i = 0; i < ends.size(); i += 2) {
      Arrays.fill(learned, ends.get(i), ends.get(i + 1), true);
    }
    return new TokenRow(ids, learned, -1, origin);
  }

  private List<Span> spans(List<Message> messages, String text) throws DroppedRow {
    List<Span> spans = new ArrayList<>();
    int last = 0;
    for (int i = 0; i < messages.size(); i++) {
      if (!messages.get(i).isAssistant()) {
        continue;
      }
      if (i == 0) {
        throw new DroppedRow("the assistant speaks first, so that nothing comes before");
      }
      String before = run(messages.subList(0, i), true);
      String after = run(messages.subList(0, i + 1), false);
      if (!after.startsWith(before) || !text.startsWith(after) || before.length() < last) {
        throw cannotSplit("its text up to turn " + (i + 1) + " changes with what follows");
      }
      String said = after.substring(before.length());
      String content = messages.get(i).content().strip();
      int at = said.indexOf(content);
      if (at < 0) {
        throw cannotSplit("turn " + (i + 1) + " is not written as it stands in the row");
      }
      boolean invites = !before.equals(run(messages.subList(0, i), false));
      if (!invites && !said.substring(0, at).isBlank()) {
        throw cannotSplit("it ignores add_generation_prompt");
      }
      int end = at + content.length();
      if (end == said.length()) {
        throw cannotSplit("it writes nothing after an assistant's turn, so that no end is learned");
      }
      // Blanks after the end token belong to the next turn; alone they are the end.
      String closing = said.substring(end);
      int to = closing.isBlank() ? after.length() : before.length() + said.stripTrailing().length();
      spans.add(new Span(before.length(), to));
      last = to;
    }
    return spans;
  }

  private String run(List<Message> messages, boolean generate) throws DroppedRow {
    try {
      return template.run(messages, generate);
    } catch (TemplateRefusal e) {
      throw new DroppedRow("the chat template refuses: " + e.getMessage());
    }
  }

  private HoneException cannotSplit(String why) {
    return new HoneException(
        template.name()
            + ": this chat template cannot be split into turns: "
            + why
            + "; training would not know what the assistant says. Use rows of prompt and completion");
  }

  /** Drops all up to the second user's turn, or says with null that there is none. */
  private static @Nullable List<Message> withoutOldest(List<Message> messages) {
    int first = messages.getFirst().role().equals("system") ? 1 : 0;
    for (int i = first + 1; i < messages.size(); i++) {
      if (messages.get(i).role().equals("user")
          && messages.subList(i, messages.size()).stream().anyMatch(Message::isAssistant)) {
        List<Message> kept = new ArrayList<>(messages.subList(0, first));
        kept.addAll(messages.subList(i, messages.size()));
        return kept;
      }
    }
    return null;
  }

  private static int[] concat(int[] a, int[] b) {
    int[] both = Arrays.copyOf(a, a.length + b.length);
    System.arraycopy(b, 0, both, a.length, b.length);
    return both;
  }
}
