package dev.hone.data;

import dev.hone.data.chat.Message;
import dev.hone.error.HoneException;
import dev.hone.error.Nearest;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Turns rows into examples; rows with nothing to learn are set aside with the reason. */
final class ExampleReader implements Consumer<Row> {
  /** Words for the same roles in data of other projects. */
  private static final Map<String, String> ROLES =
      Map.of(
          "system", "system",
          "user", "user",
          "assistant", "assistant",
          "tool", "tool",
          "human", "user",
          "gpt", "assistant");

  private final DataConfig config;
  private final List<Example> rows = new ArrayList<>();
  private final List<Dropped> dropped = new ArrayList<>();
  private @Nullable Columns columns;

  ExampleReader(DataConfig config) {
    this.config = config;
  }

  @Override
  public void accept(Row row) {
    Columns known = columns;
    if (known == null) {
      known = new Columns(config.columns(), config.labelNames(), config.format(), row);
      columns = known;
    }
    try {
      rows.add(example(row, known));
    } catch (DroppedRow e) {
      dropped.add(new Dropped(row.origin(), e.reason()));
    }
  }

  Examples examples() {
    Columns known = columns;
    if (known == null) {
      throw new HoneException("data.path holds no row");
    }
    return new Examples(rows, known.format(), dropped);
  }

  private static Example example(Row row, Columns columns) throws DroppedRow {
    return switch (columns.format()) {
      case LABELLED ->
          new Example.Labelled(
              filled(row, columns, "text"),
              columns.optional(row, "text_pair"),
              columns.named(row, "label", filled(row, columns, "label")),
              row.origin(),
              columns.task(row));
      case COMPLETION ->
          new Example.Completion(
              columns.text(row, "prompt"),
              filled(row, columns, "completion"),
              row.origin(),
              columns.task(row));
      case INSTRUCTION ->
          new Example.Completion(
              instruction(
                  filled(row, columns, "instruction"),
                  columns.has(row, "input") ? columns.text(row, "input") : ""),
              filled(row, columns, "output"),
              row.origin(),
              columns.task(row));
      case CHAT ->
          new Example.Chat(
              messages(row, columns.value(row, "messages")), row.origin(), columns.task(row));
      case TEXT -> new Example.Text(filled(row, columns, "text"), row.origin());
      case MULTI_LABEL, REGRESSION, TAGGED, QUESTION_ANSWERING, MULTIPLE_CHOICE ->
          new HeadExamples(row, columns).example();
      case PREFERENCE -> pair(row, columns);
      case UNPAIRED_PREFERENCE ->
          new Example.Judged(
              answer(row, columns, "completion"), columns.yes(row, "label"), row.origin());
    };
  }

  private static Example.Pair pair(Row row, Columns columns) throws DroppedRow {
    Example chosen = answer(row, columns, "chosen");
    Example rejected = answer(row, columns, "rejected");
    if (chosen.equals(rejected)) {
      throw new DroppedRow("chosen and rejected are the same");
    }
    if (chosen.getClass() != rejected.getClass()) {
      throw new HoneException(
          row.origin() + ": chosen and rejected must both be text, or both lists of messages");
    }
    if (chosen instanceof Example.Chat c
        && rejected instanceof Example.Chat r
        && !before(c).equals(before(r))) {
      throw new DroppedRow("chosen and rejected differ before their last message");
    }
    return new Example.Pair(chosen, rejected, row.origin());
  }

  private static List<Message> before(Example.Chat chat) {
    return chat.messages().subList(0, chat.messages().size() - 1);
  }

  /**
   * An answer behind its question: text behind text, or a conversation that ends with it. Messages
   * that begin with the assistant's continue the prompt; others are the whole conversation, which
   * data sets often repeat the prompt in.
   */
  private static Example answer(Row row, Columns columns, String part) throws DroppedRow {
    if (!columns.value(row, part).isArray()) {
      return new Example.Completion(
          columns.text(row, "prompt"), filled(row, columns, part), row.origin(), columns.task(row));
    }
    List<Message> said = messages(row, columns.value(row, part));
    if (said.getFirst().isAssistant()) {
      JsonNode prompt = columns.value(row, "prompt");
      List<Message> whole = new ArrayList<>();
      if (prompt.isArray()) {
        whole.addAll(turns(row, prompt));
      } else {
        whole.add(new Message("user", columns.text(row, "prompt")));
      }
      whole.addAll(said);
      said = whole;
    }
    if (!said.getLast().isAssistant()) {
      throw new DroppedRow("the last message of " + part + " is not the assistant's");
    }
    return new Example.Chat(said, row.origin(), columns.task(row));
  }

  static String filled(Row row, Columns columns, String part) throws DroppedRow {
    String text = columns.text(row, part);
    if (text.isBlank()) {
      throw new DroppedRow("empty " + part);
    }
    return text;
  }

  /**
   * The headings of Stanford Alpaca's prompts, without their preamble: it would be the same words
   * in every row.
   */
  static String instruction(String instruction, String input) {
    String middle = input.isBlank() ? "" : "### Input:\n" + input + "\n\n";
    return "### Instruction:\n" + instruction + "\n\n" + middle + "### Response:\n";
  }

  private static List<Message> messages(Row row, JsonNode turns) throws DroppedRow {
    List<Message> messages = turns(row, turns);
    if (messages.stream().noneMatch(Message::isAssistant)) {
      throw new DroppedRow("no assistant message");
    }
    return messages;
  }

  private static List<Message> turns(Row row, JsonNode turns) throws DroppedRow {
    if (!turns.isArray()) {
      throw new HoneException(
          row.origin() + ": messages must be a list of {\"role\": ..., \"content\": ...}");
    }
    List<Message> messages = new ArrayList<>();
    for (int i = 0; i < turns.size(); i++) {
      JsonNode turn = turns.get(i);
      String at = row.origin() + ": message " + (i + 1);
      String word = part(turn, at, "role", "from");
      String role = ROLES.get(word);
      if (role == null) {
        throw new HoneException(
            at
                + ": unknown role '"
                + word
                + "'"
                + Nearest.hint(word, ROLES.keySet().stream().sorted().toList()));
      }
      Message message = new Message(role, part(turn, at, "content", "value"));
      if (message.isAssistant() && message.content().isBlank()) {
        throw new DroppedRow("empty assistant message " + (i + 1));
      }
      messages.add(message);
    }
    return messages;
  }

  private static String part(JsonNode turn, String at, String name, String other) {
    JsonNode value = turn.has(name) ? turn.get(name) : turn.get(other);
    if (value == null || !(value.isString() || value.isNull())) {
      throw new HoneException(
          at + " has no text under '" + name + "' (or '" + other + "'), as every message must");
    }
    return value.isNull() ? "" : value.asString();
  }
}
