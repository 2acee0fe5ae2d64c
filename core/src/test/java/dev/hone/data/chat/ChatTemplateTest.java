package dev.hone.data.chat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.data.Refused;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ChatTemplateTest {
  private static final Clock CLOCK =
      Clock.fixed(Instant.parse("2001-02-03T04:05:06Z"), ZoneOffset.UTC);
  private static final List<Message> HELLO = List.of(new Message("user", "Hello"));

  @TempDir Path folder;

  @Test
  void rendersTheSharedTemplate() {
    Path shared = Path.of(System.getProperty("hone.root")).resolve("../shared/tokenizers/smollm2");
    Assumptions.assumeTrue(Files.isDirectory(shared), "no shared tokenizer here");
    ChatTemplate template = ChatTemplate.of(shared);
    assertEquals(
        "<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging"
            + " Face<|im_end|>\n<|im_start|>user\nHello<|im_end|>\n<|im_start|>assistant\n",
        template.render(HELLO, true));
    assertEquals(
        "<|im_start|>system\ns<|im_end|>\n<|im_start|>user\nu<|im_end|>\n",
        template.render(List.of(new Message("system", "s"), new Message("user", "u")), false));
  }

  @Test
  void trimsBlocksAsHuggingFaceDoes() {
    assertEquals(
        "A\nHello.\n  Hello;Z",
        render(
            """
            {% for m in messages %}
              {% if true %}
            A
            {{ m.content }}.
              {{ m['content'] }};
              {%- endif %}
            {% endfor %}
            Z
            """));
  }

  @Test
  void knowsTheIdiomsOfStockTemplates() {
    assertEquals("a\nb'c", render("{{ 'a\\nb' + \"'c\" }}"));
    assertEquals("x y", render("{{ '  x y \n' | trim }}"));
    assertEquals("x|y ", render("{{ ' x'.strip() + '|' + ' y '.lstrip() }}"));
    assertEquals("after", render("{{ 'a</t>\nafter'.split('</t>')[-1].lstrip('\\n') }}"));
    assertEquals("yes", render("{% if 'abc'.startswith('ab') %}yes{% endif %}"));
    assertEquals("yes", render("{% if 'b' in 'abc' and 'z' not in 'abc' %}yes{% endif %}"));
    assertEquals("no", render("{% if tools is defined and tools %}yes{% else %}no{% endif %}"));
    assertEquals("no", render("{% if tools is not none and tools %}yes{% else %}no{% endif %}"));
    assertEquals("user", render("{{ messages[-1].role }}"));
    assertEquals("1", render("{{ messages | length }}"));
    assertEquals("2", render("{% set ns = namespace(n=1) %}{% set ns.n = ns.n + 1 %}{{ ns.n }}"));
    assertEquals(
        "aHellob", render("a{% generation %}{{ messages[0].content }}{% endgeneration %}b"));
    assertEquals("0", render("{% set rest = messages[1:] %}{{ rest | length }}"));
    assertEquals("TF", render("{{ 'T' if loop is not defined else 'x' }}{{ 'F' }}"));
    assertEquals("even", render("{% if (messages|length) % 2 == 1 %}even{% else %}odd{% endif %}"));
    assertEquals(
        "first-0-1",
        render(
            "{% for m in messages %}{% if loop.first and loop.last %}first-{{ loop.index0 }}-{{ loop.index }}{% endif %}{% endfor %}"));
    assertEquals(
        "[u:Hello]",
        render(
            "{% macro show(m) %}[{{ m.role[0] }}:{{ m.content }}]{% endmacro %}{{ show(messages[0]) }}"));
  }

  /** Each of these gave another text without a word until its brackets were put in. */
  @Test
  void bindsAsPythonDoes() {
    assertEquals("", render("{% if not messages is defined %}x{% endif %}"));
    assertEquals("", render("{% if not messages[0]['role'] == 'user' %}x{% endif %}"));
    assertEquals("x", render("{% if not (1 == 2) and not 1 == 2 or false %}x{% endif %}"));
    assertEquals("x", render("{% if 'a' not in 'b' and tools is not defined %}x{% endif %}"));
    assertEquals("a not b == c", render("{{ 'a not b == c' if not 1 == 2 else 'x=(1)' }}"));
    assertEquals(
        "true",
        render(
            "{% set add_generation_prompt = true %}{% if not add_generation_prompt is defined %}{% set add_generation_prompt = false %}{% endif %}{{ add_generation_prompt }}"));
    assertEquals(
        "0", render("{% set ns = namespace(a=true, last=messages|length - 1) %}{{ ns.last }}"));
    assertEquals(
        "03", render("{% if strftime_now is defined %}{{ strftime_now('%d') }}{% endif %}"));
    assertEquals("  x", render("{% if true %}  {% set y = 1 %}x{% endif %}"));
    assertEquals("ab", render("{% for c in ['b', 'a'][::-1] %}{{ c }}{% endfor %}"));
    assertEquals("abc  x", render("abc  {% if true %}x{% endif %}"));
    assertEquals("x", render("{% if true -%}  {% set y = 1 %}x{% endif %}"));
    assertEquals("{b=}}}", render("{{- '{b=' + {'a': '}}'}['a'] + '}' -}}"));
    assertEquals("{{ not 1 == 2 }}", render("{% raw %}{{ not 1 == 2 }}{% endraw %}"));
  }

  @Test
  void refusesWhatJinjavaWouldPassOver() {
    Refused.with(
        "'for ... in ... if ...' is not supported",
        () -> render("{% for m in messages if m.role == 'system' %}x{% endfor %}"));
    Refused.with(
        "'else' of a loop is not supported",
        () ->
            render(
                "{% for m in messages %}{% if m %}{% else %}{% endif %}{% else %}x{% endfor %}"));
    Refused.with(
        "writes a value that these messages do not have",
        () -> render("{{ 'a' + messages[0].name }}"));
  }

  @Test
  void hasTheFunctionsOfHuggingFace() {
    assertEquals("03 Feb 2001", render("{{ strftime_now('%d %b %Y') }}"));
    assertEquals(
        "[{\"content\": \"Hello\", \"role\": \"user\"}]",
        render("{{ [{'content': 'Hello', 'role': 'user'}] | tojson }}"));
    assertEquals("\"é\\n\\\"\"", render("{{ 'é\\n\"' | tojson }}"));
    Refused.with(
        "test: the chat template refuses: no system",
        () -> render("{{ raise_exception('no system') }}"));
    Refused.with(
        "test:1: the chat template cannot be run: the template calls the string method 'zfill'",
        () -> render("{{ 'x'.zfill(3) }}"));
    Refused.with("test:2: the chat template cannot be run", () -> render("x\n{% if %}"));
  }

  @Test
  void messagesAreTextAndNotTemplates() {
    ChatTemplate echo = template("{{ messages[0]['content'] }}");
    for (String text :
        List.of("{{ 1 + 1 }}", "{% for x in y %}", "{# gone #}", "<b>&amp;", "\\n'\"")) {
      assertEquals(text, echo.render(List.of(new Message("user", text)), false));
    }
  }

  @Test
  void templatesReachNothingElse() throws IOException {
    Path secret = Files.writeString(folder.resolve("secret.txt"), "secret");
    for (String source :
        List.of(
            "{% include '" + secret + "' %}",
            "{% import '" + secret + "' as x %}{{ x }}",
            "{% from '" + secret + "' import x %}{{ x }}",
            "{% extends '" + secret + "' %}",
            "{{ ''.getClass().forName('java.lang.Runtime') }}",
            "{{ messages.size() }}",
            "{{ messages[0].content.getBytes() }}",
            "{{ 'x'.bytes }}",
            "{{ messages.getClass() }}",
            "{{ messages[0].getClass().getName() }}",
            "{{ ''.class.name }}",
            "{{ messages.class }}",
            "{{ ____int3rpr3t3r____.getContext() }}",
            "{{ ____int3rpr3t3r____.config }}",
            "{{ ''['class'] }}",
            "{{ ''|attr('class') }}",
            "{{ [''] | map(attribute='class') | list }}")) {
      String shown;
      try {
        shown = render(source);
      } catch (dev.hone.error.HoneException e) {
        continue;
      }
      assertTrue(List.of("", "[]", "[null]").contains(shown.strip()), source + " gives " + shown);
    }
  }

  @Test
  void readsTheFolderOfAModel() throws IOException {
    Refused.with("no chat_template", () -> ChatTemplate.of(folder));
    Path config = folder.resolve("tokenizer_config.json");
    Files.writeString(
        config,
        "{\"bos_token\":{\"content\":\"<b>\"},\"eos_token\":\"<e>\",\"chat_template\":[{\"name\":\"tool_use\",\"template\":\"no\"},{\"name\":\"default\",\"template\":\"{{ bos_token + eos_token }}\"}]}");
    ChatTemplate first = ChatTemplate.of(folder);
    assertEquals("<b><e>", first.render(HELLO, false));
    assertEquals(config.toString(), first.name());
    Files.writeString(folder.resolve("chat_template.jinja"), "{{ eos_token }}");
    ChatTemplate second = ChatTemplate.of(folder);
    assertEquals("<e>", second.render(HELLO, false));
    assertNotEquals(first.hash(), second.hash());
    assertTrue(second.hash().matches("[0-9a-f]{64}"));
    Files.writeString(config, "{");
    Refused.with("tokenizer_config.json: broken JSON", () -> ChatTemplate.of(folder));
  }

  private static String render(String source) {
    return template(source).render(HELLO, false);
  }

  private static ChatTemplate template(String source) {
    return new ChatTemplate("test", source, "<s>", "</s>", CLOCK);
  }
}
