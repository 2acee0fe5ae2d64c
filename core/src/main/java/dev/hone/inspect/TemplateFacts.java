package dev.hone.inspect;

import dev.hone.data.chat.ChatTemplate;
import dev.hone.data.chat.Message;
import dev.hone.error.HoneException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a chat template can do, found by trying it.
 *
 * @param hash SHA-256 of its text; empty where there is no template
 * @param system whether a system message is written
 * @param turns whether conversations of several turns are
 * @param invites whether it ends with what invites an answer, when asked to
 * @param tools whether it has words for tools, which Hone does not give it
 * @param marksAnswers whether it marks what the assistant says for training
 * @param refusal why it does not run, or null
 */
public record TemplateFacts(
    String hash,
    int characters,
    boolean system,
    boolean turns,
    boolean invites,
    boolean tools,
    boolean marksAnswers,
    @Nullable String refusal) {
  private static final Message QUESTION = new Message("user", "ping");
  private static final Message ANSWER = new Message("assistant", "pong");

  /** Empty hash where the folder has no template. */
  static TemplateFacts of(Path folder) {
    ChatTemplate template;
    try {
      template = ChatTemplate.of(folder);
    } catch (HoneException e) {
      boolean there = Files.exists(folder.resolve("chat_template.jinja"));
      String why = String.valueOf(e.getMessage());
      boolean none = !there && why.contains("no chat_template.jinja");
      return new TemplateFacts("", 0, false, false, false, false, false, none ? null : why);
    }
    String source = template.source();
    String refusal = null;
    try {
      String ignored = template.render(List.of(QUESTION), true);
    } catch (HoneException e) {
      refusal = String.valueOf(e.getMessage());
    }
    return new TemplateFacts(
        template.hash(),
        source.length(),
        writes(template, new Message("system", "a system's word"), QUESTION),
        writes(template, QUESTION, ANSWER, new Message("user", "a second ping")),
        invites(template),
        source.contains("tools"),
        source.contains("generation %}") || source.contains("generation -%}"),
        refusal);
  }

  private static boolean writes(ChatTemplate template, Message... messages) {
    try {
      String text = template.render(List.of(messages), true);
      return List.of(messages).stream().allMatch(m -> text.contains(m.content()));
    } catch (HoneException e) {
      return false;
    }
  }

  private static boolean invites(ChatTemplate template) {
    try {
      List<Message> question = List.of(QUESTION);
      return !template.render(question, true).equals(template.render(question, false));
    } catch (HoneException e) {
      return false;
    }
  }
}
