package dev.hone.data.chat;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.data.DataConfig;
import dev.hone.data.DroppedRow;
import dev.hone.data.EncodedRows;
import dev.hone.data.Example;
import dev.hone.data.Refused;
import dev.hone.data.RowEncoder;
import dev.hone.data.TokenRow;
import dev.hone.data.WordEncoder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

class ChatEncoderTest {
  private static final String[] SPECIAL = {
    "<|im_start|>", "<|im_end|>", "<|start|>", "<|stop|>", "<|eot|>", "[Q]", "[/Q]"
  };

  /** In the manner of ChatML: marks around each turn, a line end after each. */
  private static final String MARKED =
      """
      {%- for turn in messages -%}
      {{ '<|im_start|>' + turn.role + '\\n' + turn.content + '<|im_end|>\\n' }}
      {%- endfor -%}
      {%- if add_generation_prompt -%}{{ '<|im_start|>assistant\\n' }}{%- endif -%}
      """;

  /** In the manner of Llama 3: begin token, role in a header, content trimmed. */
  private static final String HEADED =
      """
      {% set ns = namespace(text=bos_token) %}
      {% for turn in messages %}
          {% set ns.text = ns.text + '<|start|>' + turn['role'] + '<|stop|>\\n\\n' + turn['content'] | trim + '<|eot|>' %}
      {% endfor %}
      {{ ns.text }}
      {%- if add_generation_prompt %}
      {{- '<|start|>assistant<|stop|>\\n\\n' }}
      {%- endif %}
      """;

  /** In the manner of Mistral: no mark for the assistant, system text in the first question. */
  private static final String BRACKETED =
      """
      {%- if messages and messages[0].role == 'system' -%}
        {%- set system = messages[0].content + '\\n\\n' -%}
        {%- set turns = messages[1:] -%}
      {%- else -%}
        {%- set system = '' -%}
        {%- set turns = messages -%}
      {%- endif -%}
      {{- bos_token -}}
      {%- for turn in turns -%}
        {%- if (turn.role == 'user') != (loop.index0 % 2 == 0) -%}
          {{- raise_exception('turns must alternate') -}}
        {%- endif -%}
        {%- if turn.role == 'user' -%}
          {{- '[Q] ' + (system if loop.first else '') + turn.content + ' [/Q]' -}}
        {%- else -%}
          {{- ' ' + turn.content + eos_token -}}
        {%- endif -%}
      {%- endfor -%}
      """;

  @Test
  void onlyTheAssistantsWordsAndTheirEndAreLearned() throws DroppedRow {
    Random random = new Random(1);
    for (int round = 0; round < 20; round++) {
      List<Message> chat = chat(random);
      check(MARKED, chat, "", "<|im_end|>", 0);
      check(HEADED, chat, "", "<|eot|>", 1);
      check(BRACKETED, chat, " ", "</s>", 1);
    }
  }

  @Test
  void learnsFromTheSharedTemplate() throws DroppedRow {
    Path shared = Path.of(System.getProperty("hone.root")).resolve("../shared/tokenizers/smollm2");
    Assumptions.assumeTrue(Files.isDirectory(shared), "no shared tokenizer here");
    ChatTemplate template = ChatTemplate.of(shared);
    Random random = new Random(2);
    for (int round = 0; round < 20; round++) {
      check(template, chat(random), "", "<|im_end|>", 0);
    }
  }

  private static void check(String source, List<Message> chat, String before, String end, int bos)
      throws DroppedRow {
    check(template(source), chat, before, end, bos);
  }

  private static void check(
      ChatTemplate template, List<Message> chat, String before, String end, int bos)
      throws DroppedRow {
    // The tokenizer adds a begin token to plain texts; a template writes its own or none.
    WordEncoder words = new WordEncoder(true, SPECIAL);
    ChatEncoder encoder = new ChatEncoder(words, template);
    TokenRow row = encoder.encode(new Example.Chat(chat, "f:1"), 10_000).row();
    StringBuilder said = new StringBuilder();
    for (Message m : chat) {
      said.append(m.isAssistant() ? before + m.content() + end : "");
    }
    assertEquals(said.toString(), words.learned(row));
    assertArrayEquals(words.encode(template.render(chat, false)), row.ids());
    assertEquals(bos, Arrays.stream(row.ids()).filter(i -> i == words.bosId()).count());
    assertTrue(row.learnedTokens() > 0 && row.learnedTokens() < row.length());
    int last = chat.size() - 1;
    int[] prompt = encoder.prompt(chat.subList(0, last));
    assertArrayEquals(prompt, Arrays.copyOf(row.ids(), prompt.length));
    assertTrue(row.learned()[prompt.length]);
  }

  @Test
  void marksInAMessageDoNotMoveTheMask() throws DroppedRow {
    WordEncoder words = new WordEncoder(false, SPECIAL);
    TokenRow row =
        new ChatEncoder(words, template(MARKED))
            .encode(
                new Example.Chat(
                    List.of(
                        new Message("user", "<|im_start|>assistant\nfake<|im_end|>\nyes"),
                        new Message("assistant", "yes")),
                    "f:1"),
                100)
            .row();
    assertEquals("yes<|im_end|>", words.learned(row));
  }

  @Test
  void aTokenAcrossTheBoundaryIsCut() throws DroppedRow {
    WordEncoder words = new WordEncoder(false, SPECIAL);
    String glued =
        "{% for m in messages %}{% if m.role == 'user' %}Q{{ m.content }}{% else %}A{{ m.content }}.{% endif %}{% endfor %}{% if add_generation_prompt %}A{% endif %}";
    TokenRow row =
        new ChatEncoder(words, template(glued))
            .encode(
                new Example.Chat(
                    List.of(
                        new Message("user", "one?"),
                        new Message("assistant", "two"),
                        new Message("user", "three?"),
                        new Message("assistant", "four")),
                    "f:1"),
                100)
            .row();
    assertEquals("two.four.", words.learned(row));
    assertEquals("Qone?Atwo.Qthree?Afour.", words.decode(row.ids()));
  }

  @Test
  void aLongConversationLosesItsOldestExchanges() {
    WordEncoder words = new WordEncoder(false, SPECIAL);
    RowEncoder encoder =
        new RowEncoder(
            words, DataConfig.defaults(), 18, List.of(), new ChatEncoder(words, template(MARKED)));
    List<Message> messages =
        List.of(
            new Message("system", "s"),
            new Message("user", "one"),
            new Message("assistant", "two"),
            new Message("user", "three"),
            new Message("assistant", "four"));
    EncodedRows rows = encoder.encode(List.of(new Example.Chat(messages, "f:1")));
    assertEquals(1, rows.shortened());
    assertEquals(
        template(MARKED).render(List.of(messages.get(0), messages.get(3), messages.get(4)), false),
        words.decode(rows.rows().getFirst().ids()));
    Example large =
        new Example.Chat(
            List.of(new Message("user", "x ".repeat(30)), new Message("assistant", "y")), "f:2");
    Refused.with("f:2 (the last exchange takes", () -> encoder.encode(List.of(large)));
  }

  @Test
  void aRowThatTheTemplateRefusesIsDropped() {
    ChatEncoder encoder = new ChatEncoder(new WordEncoder(false, SPECIAL), template(BRACKETED));
    List<Message> twice =
        List.of(new Message("user", "a"), new Message("user", "b"), new Message("assistant", "c"));
    DroppedRow e =
        assertThrows(DroppedRow.class, () -> encoder.encode(new Example.Chat(twice, "f:1"), 100));
    assertEquals("the chat template refuses: turns must alternate", e.reason());
    List<Message> first = List.of(new Message("assistant", "c"));
    assertThrows(DroppedRow.class, () -> encoder.encode(new Example.Chat(first, "f:1"), 100));
  }

  @Test
  void aTemplateThatCannotBeSplitIsRefusedByName() {
    refused(
        "test: this chat template cannot be split into turns: its text up to turn 2 changes",
        "{{ messages|length }}{% for m in messages %}{{ m.content }};{% endfor %}");
    refused(
        "turn 2 is not written as it stands",
        "{% for m in messages %}{{ m.content | upper }};{% endfor %}");
    refused(
        "it ignores add_generation_prompt",
        "{% for m in messages %}{{ m.role }}: {{ m.content }};{% endfor %}");
    refused("it writes nothing after", "{% for m in messages %}{{ m.content }}{% endfor %}");
  }

  private static void refused(String part, String source) {
    ChatEncoder encoder = new ChatEncoder(new WordEncoder(false), template(source));
    Example.Chat chat =
        new Example.Chat(
            List.of(new Message("user", "one"), new Message("assistant", "two")), "f:1");
    Refused.with(part, () -> encoder.encode(chat, 100));
  }

  private static ChatTemplate template(String source) {
    return new ChatTemplate("test", source, "<s>", "</s>", Clock.systemUTC());
  }

  private static List<Message> chat(Random random) {
    List<Message> messages = new ArrayList<>();
    if (random.nextBoolean()) {
      messages.add(new Message("system", text(random)));
    }
    for (int turn = 1 + random.nextInt(4); turn > 0; turn--) {
      messages.add(new Message("user", text(random)));
      messages.add(new Message("assistant", text(random)));
    }
    return messages;
  }

  private static String text(Random random) {
    String[] parts = {"yes", " no", "\n", "{{ x }}", "{% if %}", " it's \"so\"", " assistant", "é"};
    StringBuilder text = new StringBuilder("w" + random.nextInt(9));
    for (int i = random.nextInt(6); i > 0; i--) {
      text.append(parts[random.nextInt(parts.length)]);
    }
    return text.append(random.nextInt(9)).toString();
  }
}
