package dev.hone.data;

import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * The names of labels that a Parquet file holds as numbers. Hugging Face's {@code datasets} writes
 * the columns' types into the file's metadata; a column of the type {@code ClassLabel}, or of a
 * list of them, has its names there.
 *
 * @param features by column
 */
record ClassLabels(JsonNode features) {
  private static final String KEY = "huggingface";

  static ClassLabels of(Map<String, String> metadata) {
    String written = metadata.get(KEY);
    if (written == null) {
      return new ClassLabels(JsonNodeFactory.instance.objectNode());
    }
    try {
      return new ClassLabels(JsonMapper.shared().readTree(written).path("info").path("features"));
    } catch (JacksonException e) {
      throw new IllegalArgumentException("the metadata's key '" + KEY + "' is no JSON", e);
    }
  }

  /** The row with names in place of their numbers; a number without a name stays. */
  ObjectNode named(ObjectNode row) {
    named(row, features);
    return row;
  }

  private static JsonNode named(JsonNode value, JsonNode feature) {
    JsonNode names = feature.path("names");
    if (names.isArray() && feature.path("_type").asString("").equals("ClassLabel")) {
      JsonNode name = value.canConvertToInt() ? names.path(value.intValue()) : value;
      return name.isString() ? name : value;
    }
    JsonNode each = feature.isArray() ? feature.path(0) : feature.path("feature");
    if (value instanceof ArrayNode list && !each.isMissingNode()) {
      for (int i = 0; i < list.size(); i++) {
        list.set(i, named(list.get(i), each));
      }
    } else if (value instanceof ObjectNode struct) {
      // A list of structs may lie in the file as a struct of lists.
      boolean turned = !each.isMissingNode();
      for (Map.Entry<String, JsonNode> field : struct.properties()) {
        JsonNode type = (turned ? each : feature).path(field.getKey());
        field.setValue(named(field.getValue(), turned ? listOf(type) : type));
      }
    }
    return value;
  }

  private static JsonNode listOf(JsonNode feature) {
    return JsonNodeFactory.instance.arrayNode().add(feature);
  }
}
