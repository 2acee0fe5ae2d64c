package dev.hone.tokenizer;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** Components of a tokenizer.json, as the Hugging Face tokenizers library spells them. */
final class Parts {
  /** Stands for a space inside the pieces of SentencePiece. */
  static final String SPACE = "\u2581";

  private Parts() {}

  /** A component: its type, then names and values in turn; a null value becomes JSON's null. */
  static ObjectNode of(String type, @Nullable Object... namesAndValues) {
    ObjectNode part = JsonNodeFactory.instance.objectNode();
    part.put("type", type);
    for (int i = 0; i < namesAndValues.length; i += 2) {
      @Nullable Object value = namesAndValues[i + 1];
      part.set(
          String.valueOf(namesAndValues[i]),
          value instanceof JsonNode node ? node : TokenizerFiles.JSON.valueToTree(value));
    }
    return part;
  }

  static JsonNode none() {
    return JsonNodeFactory.instance.nullNode();
  }

  /** {@code key} names the list: normalizers, pretokenizers, processors or decoders. */
  static JsonNode sequence(String key, List<ObjectNode> parts) {
    return switch (parts.size()) {
      case 0 -> none();
      case 1 -> parts.getFirst();
      default -> of("Sequence", key, array(parts));
    };
  }

  static ObjectNode replace(String text, String by) {
    return of("Replace", "pattern", pattern("String", text), "content", by);
  }

  static ObjectNode replaceAll(String regex, String by) {
    return of("Replace", "pattern", pattern("Regex", regex), "content", by);
  }

  static ObjectNode pattern(String kind, String text) {
    return JsonNodeFactory.instance.objectNode().put(kind, text);
  }

  static ObjectNode byteLevel(boolean addPrefixSpace, boolean useRegex) {
    return of(
        "ByteLevel",
        "add_prefix_space",
        addPrefixSpace,
        "trim_offsets",
        false,
        "use_regex",
        useRegex);
  }

  /** Pieces back to text: spaces, bytes, and the space that was put before the first word. */
  static ObjectNode sentencePieceDecoder(boolean dropFirstSpace) {
    List<ObjectNode> steps =
        new ArrayList<>(List.of(replace(SPACE, " "), of("ByteFallback"), of("Fuse")));
    if (dropFirstSpace) {
      steps.add(of("Strip", "content", " ", "start", 1, "stop", 0));
    }
    return of("Sequence", "decoders", array(steps));
  }

  /**
   * Puts special tokens around a text or a pair of texts.
   *
   * @param single tokens, and "$A" for the text
   * @param pair tokens, "$A" and "$B"; what stands from "$B" on is of type {@code typeOfB}
   */
  static ObjectNode template(
      List<String> single, List<String> pair, int typeOfB, Map<String, Integer> ids) {
    ObjectNode special = JsonNodeFactory.instance.objectNode();
    for (String token : pair) {
      if (!token.startsWith("$")) {
        ObjectNode entry = special.putObject(token).put("id", token);
        entry.putArray("ids").add(ids.getOrDefault(token, 0).intValue());
        entry.putArray("tokens").add(token);
      }
    }
    return of(
        "TemplateProcessing",
        "single",
        slots(single, typeOfB),
        "pair",
        slots(pair, typeOfB),
        "special_tokens",
        special);
  }

  /** A text with bos before it and eos behind it, where given. */
  static ObjectNode template(@Nullable String bos, @Nullable String eos, Map<String, Integer> ids) {
    List<String> single = around("$A", bos, eos);
    List<String> pair = new ArrayList<>(single);
    pair.addAll(around("$B", bos, eos));
    return template(single, pair, 1, ids);
  }

  private static List<String> around(String text, @Nullable String bos, @Nullable String eos) {
    return Stream.of(Optional.ofNullable(bos), Optional.of(text), Optional.ofNullable(eos))
        .flatMap(Optional::stream)
        .toList();
  }

  private static ArrayNode slots(List<String> tokens, int typeOfB) {
    ArrayNode slots = JsonNodeFactory.instance.arrayNode();
    int type = 0;
    for (String token : tokens) {
      boolean text = token.equals("$A") || token.equals("$B");
      type = token.equals("$B") ? typeOfB : type;
      slots
          .addObject()
          .putObject(text ? "Sequence" : "SpecialToken")
          .put("id", text ? token.substring(1) : token)
          .put("type_id", type);
    }
    return slots;
  }

  private static ArrayNode array(List<ObjectNode> parts) {
    ArrayNode list = JsonNodeFactory.instance.arrayNode();
    parts.forEach(list::add);
    return list;
  }
}
