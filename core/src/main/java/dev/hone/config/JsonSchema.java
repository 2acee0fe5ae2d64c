package dev.hone.config;

import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.AnnotatedType;
import java.lang.reflect.RecordComponent;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** Describes a record to editors, which then complete and check its YAML while it is typed. */
public final class JsonSchema {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  private JsonSchema() {}

  /** A JSON Schema (draft 2020-12) that takes what {@link Yaml#read} takes. */
  public static String of(Class<? extends Record> type) {
    ObjectNode root = JSON.objectNode();
    root.put("$schema", "https://json-schema.org/draft/2020-12/schema");
    root.put("title", type.getSimpleName());
    root.setAll(record(type, Shape.defaults(type)));
    return JsonMapper.shared().writerWithDefaultPrettyPrinter().writeValueAsString(root) + "\n";
  }

  private static ObjectNode record(Class<?> type, Record defaults) {
    ObjectNode node = JSON.objectNode();
    describe(node, type);
    node.put("type", "object");
    ObjectNode properties = node.putObject("properties");
    for (RecordComponent component : type.getRecordComponents()) {
      Object fallback = Shape.get(component, defaults);
      ObjectNode value =
          value(component.getAnnotatedType(), component.getAnnotation(Range.class), fallback);
      describe(value, component);
      if (!(fallback instanceof Record)) {
        value.set("default", JsonMapper.shared().valueToTree(plain(fallback)));
      }
      properties.set(component.getName(), value);
    }
    return node.put("additionalProperties", false);
  }

  private static void describe(ObjectNode node, AnnotatedElement element) {
    Doc doc = element.getAnnotation(Doc.class);
    if (doc != null) {
      node.put("description", doc.value());
    }
  }

  private static ObjectNode value(
      AnnotatedType type, @Nullable Range range, @Nullable Object fallback) {
    ObjectNode node = nonNull(type, range, fallback);
    return Shape.nullable(type) ? any(node, JSON.objectNode().put("type", "null")) : node;
  }

  private static ObjectNode nonNull(
      AnnotatedType type, @Nullable Range range, @Nullable Object fallback) {
    Class<?> raw = Shape.raw(type.getType());
    if (raw == List.class) {
      ObjectNode element = value(Shape.argument(type, 0), range, null);
      ObjectNode list = JSON.objectNode().put("type", "array");
      list.set("items", element);
      return any(list, element.deepCopy());
    }
    if (raw == Map.class) {
      ObjectNode map = JSON.objectNode().put("type", "object");
      map.set("additionalProperties", value(Shape.argument(type, 1), range, null));
      return map;
    }
    if (Shape.isFamily(raw)) {
      return family(raw, fallback);
    }
    if (raw.isRecord()) {
      return record(raw, fallbackOf(raw, fallback));
    }
    return scalar(raw, range);
  }

  private static Record fallbackOf(Class<?> type, @Nullable Object fallback) {
    return fallback instanceof Record r && type.isInstance(r) ? r : Shape.defaults(type);
  }

  private static ObjectNode any(ObjectNode... choices) {
    ObjectNode node = JSON.objectNode();
    node.putArray("anyOf").addAll(List.of(choices));
    return node;
  }

  /** The key {@code type} may be absent only from the choice that the defaults make. */
  private static ObjectNode family(Class<?> family, @Nullable Object fallback) {
    ObjectNode node = JSON.objectNode();
    ArrayNode oneOf = node.putArray("oneOf");
    Shape.choices(family)
        .forEach(
            (name, choice) -> {
              boolean usual = choice.isInstance(fallback);
              ObjectNode variant = record(choice, fallbackOf(choice, fallback));
              ObjectNode properties = JSON.objectNode();
              properties.putObject("type").put("const", name);
              properties.setAll((ObjectNode) variant.get("properties"));
              variant.set("properties", properties);
              if (!usual) {
                variant.putArray("required").add("type");
              }
              oneOf.add(variant);
            });
    return node;
  }

  private static ObjectNode scalar(Class<?> type, @Nullable Range range) {
    ObjectNode node = JSON.objectNode();
    if (Scalars.isWhole(type) || Scalars.isFraction(type)) {
      node.put("type", Scalars.isWhole(type) ? "integer" : "number");
      if (range != null) {
        bound(node, "minimum", range.min());
        bound(node, "maximum", range.max());
      }
    } else if (type == boolean.class || type == Boolean.class) {
      node.put("type", "boolean");
    } else if (type.isEnum()) {
      ArrayNode words = node.putArray("enum");
      Shape.words(type).keySet().forEach(words::add);
      // Without quotes these words are truth values.
      Shape.words(type).keySet().stream()
          .filter(word -> word.equals("true") || word.equals("false"))
          .forEach(word -> words.add(Boolean.parseBoolean(word)));
    } else if (type == String.class) {
      // A number or a truth value without quotes is taken as text.
      node.putArray("type").add("string").add("number").add("boolean");
    } else {
      node.put("type", "string");
    }
    return node;
  }

  private static void bound(ObjectNode node, String key, double bound) {
    if (!Double.isInfinite(bound)) {
      if (bound == Math.rint(bound)) {
        node.put(key, (long) bound);
      } else {
        node.put(key, bound);
      }
    }
  }

  /** A default in JSON's own terms; a path stays relative, since the schema is for any machine. */
  private static @Nullable Object plain(@Nullable Object value) {
    return switch (value) {
      case Enum<?> constant -> Shape.word(constant);
      case Path path -> path.toString();
      case List<?> list -> list.stream().map(JsonSchema::plain).toList();
      case Map<?, ?> map when map.isEmpty() -> Map.of();
      case null, default -> value;
    };
  }
}
