package dev.hone.data.chat;

import com.hubspot.jinjava.Jinjava;
import com.hubspot.jinjava.JinjavaConfig;
import com.hubspot.jinjava.LegacyOverrides;
import com.hubspot.jinjava.interpret.Context.Library;
import com.hubspot.jinjava.interpret.RenderResult;
import com.hubspot.jinjava.interpret.TemplateError;
import dev.hone.error.HoneException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Clock;
import java.time.ZonedDateTime;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The Jinja template with which a model was taught to chat, run as Hugging Face Transformers'
 * {@code apply_chat_template} runs it.
 *
 * <p>A stranger wrote it, so it can read nothing but the messages and the two tokens, and can call
 * nothing but what this package gives it.
 */
public final class ChatTemplate {
  private static final long LONGEST_OUTPUT = 1L << 26;

  private final String name;
  private final String source;
  private final String bosToken;
  private final String eosToken;
  private final ZonedDateTime now;
  private final String forJinjava;
  private final Jinjava jinja = jinja();

  /**
   * @param name for messages: the file, or the model
   * @param source the template's text
   * @param bosToken text of the begin token, "" where the model has none
   * @param eosToken text of the end token
   * @param clock read once, so that all rows of a run carry the same date
   * @throws HoneException when the template needs what cannot be run faithfully
   */
  public ChatTemplate(String name, String source, String bosToken, String eosToken, Clock clock) {
    this.name = name;
    this.source = source;
    this.bosToken = bosToken;
    this.eosToken = eosToken;
    this.now = ZonedDateTime.now(clock);
    try {
      this.forJinjava = TemplateSource.forJinjava(source);
    } catch (UnsupportedOperationException e) {
      throw new HoneException(name + ": the chat template cannot be run: " + e.getMessage(), e);
    }
  }

  /**
   * Reads a model's folder: {@code chat_template.jinja}, or else {@code chat_template} in {@code
   * tokenizer_config.json}, which also names the tokens.
   *
   * @throws HoneException when there is no template
   */
  public static ChatTemplate of(Path folder) {
    Path config = folder.resolve("tokenizer_config.json");
    Path file = folder.resolve("chat_template.jinja");
    try {
      JsonNode json =
          Files.exists(config)
              ? JsonMapper.shared().readTree(Files.readString(config))
              : JsonMapper.shared().createObjectNode();
      String source =
          Files.exists(file) ? Files.readString(file) : inside(json.get("chat_template"));
      if (source == null) {
        throw new HoneException(
            folder
                + ": no chat_template.jinja and no chat_template in tokenizer_config.json; use the model's chat version, or rows of prompt and completion");
      }
      return new ChatTemplate(
          Files.exists(file) ? file.toString() : config.toString(),
          source,
          token(json.get("bos_token")),
          token(json.get("eos_token")),
          Clock.systemDefaultZone());
    } catch (JacksonException e) {
      throw new HoneException(
          config
              + ": broken JSON: "
              + e.getOriginalMessage().lines().findFirst().orElse("")
              + "; fetch the file again",
          e);
    } catch (IOException e) {
      throw new HoneException(folder + ": chat template cannot be read: " + e.getMessage(), e);
    }
  }

  /** File or model that the template belongs to. */
  public String name() {
    return name;
  }

  public String source() {
    return source;
  }

  /** SHA-256 of the template's text, in hexadecimal: an adapter belongs to one template. */
  public String hash() {
    try {
      byte[] text = source.getBytes(StandardCharsets.UTF_8);
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(text));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java runtime has SHA-256", e);
    }
  }

  /**
   * The conversation as the model reads it.
   *
   * @param generate whether to end with what invites the model to answer
   * @throws HoneException when the template is broken or refuses these messages
   */
  public String render(List<Message> messages, boolean generate) {
    try {
      return run(messages, generate);
    } catch (TemplateRefusal e) {
      throw new HoneException(name + ": the chat template refuses: " + e.getMessage(), e);
    }
  }

  /** As {@link #render}, but leaves it to the caller what a refusal of the messages means. */
  String run(List<Message> messages, boolean generate) {
    Map<String, Object> variables = new HashMap<>();
    variables.put(
        "messages",
        messages.stream().map(m -> Map.of("role", m.role(), "content", m.content())).toList());
    variables.put("bos_token", bosToken);
    variables.put("eos_token", eosToken);
    variables.put("add_generation_prompt", generate);
    variables.put(TemplateFunctions.NOW, now);
    // Templates ask whether the functions are defined before they call them.
    variables.put("strftime_now", true);
    variables.put("raise_exception", true);
    RenderResult result = jinja.renderForResult(forJinjava, variables);
    for (TemplateError error : result.getErrors()) {
      for (Throwable t = error.getException(); t != null; t = t.getCause()) {
        if (t instanceof TemplateRefusal refusal) {
          throw refusal;
        }
        if (t instanceof UnsupportedOperationException) {
          throw cannotRun(error, String.valueOf(t.getMessage()));
        }
      }
    }
    for (TemplateError error : result.getErrors()) {
      if (error.getSeverity() == TemplateError.ErrorType.FATAL) {
        throw cannotRun(error, String.valueOf(error.getMessage()));
      }
    }
    String output = result.getOutput();
    if (output.contains("null")
        && !source.contains("null")
        && messages.stream().noneMatch(m -> m.content().contains("null"))) {
      // Python would have refused to join a text and a value that is not there.
      throw new HoneException(
          name + ": the chat template writes a value that these messages do not have");
    }
    return output;
  }

  private HoneException cannotRun(TemplateError error, String why) {
    return new HoneException(
        "%s:%d: the chat template cannot be run: %s"
            .formatted(name, error.getLineno(), why.lines().findFirst().orElse("unknown reason")),
        error.getException());
  }

  private static Jinjava jinja() {
    Jinjava jinja =
        new Jinjava(
            JinjavaConfig.newBuilder()
                .withTrimBlocks(true)
                .withLstripBlocks(true)
                .withKeepTrailingNewline(true) // of the output; the source loses its own
                // A message that holds braces is text, not a template.
                .withNestedInterpretationEnabled(false)
                .withElResolver(TemplateResolver.create())
                .withDisabled(Map.of(Library.TAG, Set.of("include", "import", "from", "extends")))
                .withMaxOutputSize(LONGEST_OUTPUT)
                .withRangeLimit(10_000)
                .withLegacyOverrides(
                    LegacyOverrides.newBuilder()
                        .withEvaluateMapKeys(true)
                        .withIterateOverMapKeys(true)
                        .withUsePyishObjectMapper(true)
                        .withUseNaturalOperatorPrecedence(true)
                        .withParseWhitespaceControlStrictly(true)
                        .withAllowAdjacentTextNodes(true)
                        .withUseTrimmingForNotesAndExpressions(true)
                        .withWhitespaceRequiredWithinTokens(false)
                        .withKeepNullableLoopValues(true)
                        .withHandleBackslashInQuotesOnly(true)
                        .build())
                .build());
    TemplateFunctions.all().forEach(jinja::registerFunction);
    jinja.registerFilter(new TemplateFunctions.ToJson());
    jinja.registerTag(new GenerationTag());
    jinja.setResourceLocator(
        (path, encoding, interpreter) -> {
          throw new UnsupportedOperationException("the template asks for the file '" + path + "'");
        });
    return jinja;
  }

  /** A template alone, or the default one of several. */
  private static @Nullable String inside(@Nullable JsonNode template) {
    if (template == null || template.isNull()) {
      return null;
    }
    if (template.isArray()) {
      for (JsonNode named : template) {
        if (named.path("name").asString("").equals("default")) {
          return named.path("template").asString("");
        }
      }
      return null;
    }
    return template.asString("");
  }

  /** A token is written as text, or as an object with its text under "content". */
  private static String token(@Nullable JsonNode token) {
    if (token == null || token.isNull()) {
      return "";
    }
    return token.isObject() ? token.path("content").asString("") : token.asString("");
  }
}
