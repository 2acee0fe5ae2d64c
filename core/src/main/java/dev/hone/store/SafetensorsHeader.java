package dev.hone.store;

import dev.hone.error.HoneException;
import dev.hone.tensor.DType;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** The checked header of a safetensors file: whatever it says of the data holds. */
record SafetensorsHeader(List<Span> spans, Map<String, String> metadata) {
  /** One tensor: bytes {@code begin} to {@code end} of the data behind the header. */
  @SuppressWarnings("ArrayRecordComponent")
  record Span(String name, DType dtype, long[] shape, long begin, long end) {}

  private static final Set<String> KEYS = Set.of("dtype", "shape", "data_offsets");

  /** Checks that the tensors fill the data bytes exactly, without hole or overlap. */
  static SafetensorsHeader parse(Path file, byte[] json, long dataBytes) {
    if (json.length == 0 || json[0] != '{') {
      throw new HoneException(
          file + ": the header does not begin with '{', so this is no safetensors file");
    }
    ObjectNode root = Json.object(json, "header of " + file);
    Map<String, String> metadata = new TreeMap<>();
    List<Span> spans = new ArrayList<>();
    for (Map.Entry<String, JsonNode> entry : root.properties()) {
      if (entry.getKey().equals("__metadata__")) {
        metadata.putAll(metadata(file, entry.getValue()));
      } else {
        spans.add(span(file, entry.getKey(), entry.getValue(), dataBytes));
      }
    }
    spans.sort(Comparator.comparingLong(Span::begin).thenComparingLong(Span::end));
    long at = 0;
    for (Span span : spans) {
      if (span.begin() != at) {
        throw new HoneException(
            String.format(
                "%s: tensor '%s' begins at byte %d, expected %d: the data has %s; the file is"
                    + " damaged, download it again",
                file, span.name(), span.begin(), at, span.begin() < at ? "an overlap" : "a hole"));
      }
      at = span.end();
    }
    if (at != dataBytes) {
      throw new HoneException(
          String.format(
              "%s: %d bytes behind the last tensor; the file is damaged, download it again",
              file, dataBytes - at));
    }
    return new SafetensorsHeader(spans, metadata);
  }

  private static Map<String, String> metadata(Path file, JsonNode node) {
    Map<String, String> metadata = new TreeMap<>();
    if (!node.isObject()) {
      throw new HoneException(file + ": __metadata__ is not an object of strings");
    }
    for (Map.Entry<String, JsonNode> entry : node.properties()) {
      if (!entry.getValue().isString()) {
        throw new HoneException(
            file + ": __metadata__ key '" + entry.getKey() + "' is not a string");
      }
      metadata.put(entry.getKey(), entry.getValue().stringValue());
    }
    return metadata;
  }

  private static Span span(Path file, String name, JsonNode node, long dataBytes) {
    String where = file + ": tensor '" + name + "'";
    if (!node.isObject() || !Set.copyOf(node.propertyNames()).equals(KEYS)) {
      throw new HoneException(
          where + ": expected the keys dtype, shape and data_offsets; download the file again");
    }
    DType dtype = dtype(where, node.path("dtype"));
    long[] shape = longs(where + " has a shape", node.path("shape"));
    long[] offsets = longs(where + " has data_offsets", node.path("data_offsets"));
    if (offsets.length != 2 || offsets[0] > offsets[1]) {
      throw new HoneException(
          where + ": data_offsets " + Arrays.toString(offsets) + " are not [begin, end]");
    }
    if (offsets[1] > dataBytes) {
      throw new HoneException(
          String.format(
              "%s ends at data byte %d, file has %d: truncated; download it again",
              where, offsets[1], dataBytes));
    }
    long bytes;
    try {
      bytes = TensorEntry.bytes(dtype, shape);
    } catch (ArithmeticException e) {
      throw new HoneException(where + ": shape " + Arrays.toString(shape) + " overflows", e);
    }
    if (bytes != offsets[1] - offsets[0]) {
      throw new HoneException(
          String.format(
              "%s: %s %s takes %d bytes, data_offsets give %d; the file is damaged, download it"
                  + " again",
              where, dtype, Arrays.toString(shape), bytes, offsets[1] - offsets[0]));
    }
    return new Span(name, dtype, shape, offsets[0], offsets[1]);
  }

  private static DType dtype(String where, JsonNode node) {
    for (DType dtype : DType.values()) {
      if (dtype.name().equals(node.asString(""))) {
        return dtype;
      }
    }
    throw new HoneException(
        where
            + " has dtype "
            + brief(node)
            + ", which is not supported (supported: "
            + Arrays.stream(DType.values()).map(DType::name).collect(Collectors.joining(", "))
            + "); convert the weights to one of these");
  }

  private static long[] longs(String what, JsonNode node) {
    long[] values = new long[node.size()];
    boolean good = node.isArray();
    for (int i = 0; good && i < values.length; i++) {
      JsonNode value = node.path(i);
      good = value.isIntegralNumber() && value.canConvertToLong() && value.longValue() >= 0;
      values[i] = good ? value.longValue() : 0;
    }
    if (!good) {
      throw new HoneException(
          what + " that is not a list of non-negative integers: " + brief(node));
    }
    return values;
  }

  private static String brief(JsonNode node) {
    String text = node.toString();
    return text.length() <= 80 ? text : text.substring(0, 80) + "...";
  }
}
