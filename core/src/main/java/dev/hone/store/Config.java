package dev.hone.store;

import dev.hone.error.HoneException;
import dev.hone.error.Nearest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A JSON configuration such as config.json, read key by key.
 *
 * <p>A wrong type or a missing key is refused with the file and the key. A key whose value is null
 * counts as absent, as in transformers.
 */
public final class Config {
  private final Path file;
  private final String prefix;
  private final ObjectNode json;

  private Config(Path file, String prefix, ObjectNode json) {
    this.file = file;
    this.prefix = prefix;
    this.json = json;
  }

  /** Reads a file; throws a HoneException where it is missing or no JSON object. */
  public static Config read(Path file) {
    if (!Files.isRegularFile(file)) {
      throw new HoneException(
          file + " is missing: a model folder in Hugging Face's layout has one");
    }
    return new Config(file, "", Json.object(file));
  }

  /**
   * A configuration that was made, not read.
   *
   * @param origin what messages call it
   */
  public static Config of(Path origin, ObjectNode json) {
    return new Config(origin, "", json);
  }

  public Path file() {
    return file;
  }

  /** The JSON behind it; not to be changed. */
  public ObjectNode json() {
    return json;
  }

  public Set<String> keys() {
    return new TreeSet<>(json.propertyNames());
  }

  /** Whether the key is there with another value than null. */
  public boolean has(String key) {
    return find(key) != null;
  }

  public int intValue(String key) {
    return asInt(key, required(key));
  }

  public OptionalInt optionalInt(String key) {
    JsonNode node = find(key);
    return node == null ? OptionalInt.empty() : OptionalInt.of(asInt(key, node));
  }

  public double doubleValue(String key) {
    return asDouble(key, required(key));
  }

  public OptionalDouble optionalDouble(String key) {
    JsonNode node = find(key);
    return node == null ? OptionalDouble.empty() : OptionalDouble.of(asDouble(key, node));
  }

  public boolean booleanValue(String key) {
    return asBoolean(key, required(key));
  }

  public Optional<Boolean> optionalBoolean(String key) {
    return Optional.ofNullable(find(key)).map(node -> asBoolean(key, node));
  }

  public String text(String key) {
    return asText(key, required(key));
  }

  public Optional<String> optionalText(String key) {
    return Optional.ofNullable(find(key)).map(node -> asText(key, node));
  }

  /** A nested object, such as {@code rope_parameters}. */
  public Config object(String key) {
    return asObject(key, required(key));
  }

  public Optional<Config> optionalObject(String key) {
    return Optional.ofNullable(find(key)).map(node -> asObject(key, node));
  }

  /** A list of strings, empty where the key is absent. */
  public List<String> texts(String key) {
    return list(key, node -> asText(key, node));
  }

  /** A list of integers, empty where the key is absent. */
  public List<Integer> ints(String key) {
    return list(key, node -> asInt(key, node));
  }

  /** A list of numbers, empty where the key is absent. */
  public List<Double> doubles(String key) {
    return list(key, node -> asDouble(key, node));
  }

  /** What to say of a value that has the right type and is wrong all the same. */
  public HoneException wrong(String key, String expected) {
    return new HoneException(
        file + ": key '" + prefix + key + "' is " + json.path(key) + ", expected " + expected);
  }

  private @Nullable JsonNode find(String key) {
    JsonNode node = json.get(key);
    return node == null || node.isNull() ? null : node;
  }

  private JsonNode required(String key) {
    JsonNode node = find(key);
    if (node == null) {
      throw new HoneException(
          file + ": key '" + prefix + key + "' is missing" + Nearest.hint(key, keys()));
    }
    return node;
  }

  private int asInt(String key, JsonNode node) {
    if (!node.isIntegralNumber() || !node.canConvertToInt()) {
      throw wrong(key, "an integer");
    }
    return node.intValue();
  }

  private double asDouble(String key, JsonNode node) {
    if (!node.isNumber() || !Double.isFinite(node.doubleValue())) {
      throw wrong(key, "a number");
    }
    return node.doubleValue();
  }

  private boolean asBoolean(String key, JsonNode node) {
    if (!node.isBoolean()) {
      throw wrong(key, "true or false");
    }
    return node.booleanValue();
  }

  private String asText(String key, JsonNode node) {
    if (!node.isString()) {
      throw wrong(key, "a text");
    }
    return node.stringValue();
  }

  private Config asObject(String key, JsonNode node) {
    if (!(node instanceof ObjectNode object)) {
      throw wrong(key, "an object");
    }
    return new Config(file, prefix + key + ".", object);
  }

  private <T> List<T> list(String key, Function<JsonNode, T> element) {
    List<T> values = new ArrayList<>();
    JsonNode node = find(key);
    if (node != null) {
      if (!node.isArray()) {
        throw wrong(key, "a list");
      }
      node.forEach(value -> values.add(element.apply(value)));
    }
    return List.copyOf(values);
  }
}
