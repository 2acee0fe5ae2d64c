package dev.hone.method;

import dev.hone.error.HoneException;
import dev.hone.model.Model;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import tools.jackson.databind.JsonNode;

/**
 * An {@code adapter_config.json} that is being read. Every key that is asked for counts as
 * understood; at the end what nobody asked for is refused, unless it is off or changes nothing.
 */
public final class PeftJson {
  /** Keys that change nothing in what a finished adapter computes. */
  private static final Set<String> NEUTRAL =
      Set.of(
          "auto_mapping",
          "base_model_name_or_path",
          "fan_in_fan_out",
          "inference_mode",
          "megatron_core",
          "peft_type",
          "peft_version",
          "qalora_group_size",
          "revision",
          "task_type");

  private final Path file;
  private final JsonNode json;
  private final Model model;
  private final Set<String> asked = new HashSet<>(NEUTRAL);

  PeftJson(Path file, JsonNode json, Model model) {
    this.file = file;
    this.json = json;
    this.model = model;
  }

  Path file() {
    return file;
  }

  /** The base model that the adapter is for. */
  public Model model() {
    return model;
  }

  /** A number that the base model says, and that the file must repeat. */
  public void require(String key, int value) {
    if (integer(key, value) != value) {
      throw refused(key, json.path(key), value + "; the adapter was made for another base model");
    }
  }

  private JsonNode node(String key) {
    asked.add(key);
    return json.path(key);
  }

  /** Keys that matter in training only, or not at all. */
  public void ignore(String... keys) {
    asked.addAll(List.of(keys));
  }

  /** An integer from 1 on that must be there. */
  public int rank(String key) {
    return rank(key, node(key));
  }

  private int rank(String key, JsonNode value) {
    if (!value.isInt() || value.asInt() < 1) {
      throw refused(key, value, "an integer from 1 on");
    }
    return value.asInt();
  }

  public int integer(String key, int otherwise) {
    JsonNode value = node(key);
    if (isAbsent(value)) {
      return otherwise;
    }
    if (!value.isInt()) {
      throw refused(key, value, "an integer");
    }
    return value.asInt();
  }

  public double number(String key, double otherwise) {
    JsonNode value = node(key);
    return isAbsent(value) ? otherwise : number(key, value);
  }

  private double number(String key, JsonNode value) {
    if (!value.isNumber()) {
      throw refused(key, value, "a number");
    }
    return value.asDouble();
  }

  public boolean flag(String key, boolean otherwise) {
    JsonNode value = node(key);
    if (isAbsent(value)) {
      return otherwise;
    }
    if (!value.isBoolean()) {
      throw refused(key, value, "true or false");
    }
    return value.asBoolean();
  }

  /** A word; true and false are words too. */
  public String word(String key, String otherwise) {
    JsonNode value = node(key);
    if (value.isContainer()) {
      throw refused(key, value, "a word");
    }
    return isAbsent(value) ? otherwise : value.asString(otherwise);
  }

  /** A list of names; a single text is PEFT's way to give a regular expression. */
  public List<String> modules(String key) {
    JsonNode value = node(key);
    if (value.isString()) {
      String text = value.asString();
      return List.of(text.equals(Targets.ALL_LINEAR) ? text : Targets.REGEX + text);
    }
    return texts(key);
  }

  /**
   * {@code target_modules}. A list may name modules that the model lacks, such as those of related
   * families: as in PEFT, one that is there is enough.
   */
  public List<String> targetModules() {
    List<String> all = modules("target_modules");
    List<String> present = all.stream().filter(t -> Targets.isThere(t, model)).toList();
    return present.isEmpty() ? all : present;
  }

  /** A list of texts, or a single one. */
  public List<String> texts(String key) {
    JsonNode value = node(key);
    if (value.isString()) {
      return List.of(value.asString());
    }
    List<String> texts = new ArrayList<>();
    for (JsonNode item : list(key, value)) {
      if (!item.isString()) {
        throw refused(key, item, "a text");
      }
      texts.add(item.asString());
    }
    return texts;
  }

  /** A list of integers, or a single one. */
  public List<Integer> integers(String key) {
    return integers(key, node(key));
  }

  private List<Integer> integers(String key, JsonNode value) {
    if (value.isInt()) {
      return List.of(value.asInt());
    }
    List<Integer> numbers = new ArrayList<>();
    for (JsonNode item : list(key, value)) {
      if (!item.isInt()) {
        throw refused(key, item, "an integer");
      }
      numbers.add(item.asInt());
    }
    return numbers;
  }

  /** Ids of tokens by the table's module; a plain list is for the table of token vectors. */
  Map<String, List<Integer>> tokens(String key) {
    JsonNode value = node(key);
    Map<String, List<Integer>> tokens = new LinkedHashMap<>();
    if (isAbsent(value)) {
      return tokens;
    }
    if (!value.isObject()) {
      tokens.put(model.backbone().tokens().name(), ids(key, value));
      return tokens;
    }
    for (Map.Entry<String, JsonNode> entry : value.properties()) {
      String table =
          model.words().stream()
              .map(Targets::module)
              .filter(module -> Targets.matches(module, entry.getKey()))
              .findFirst()
              .orElseThrow(() -> refused(key, value, "the table of tokens, or the output"));
      tokens.put(table, ids(key, entry.getValue()));
    }
    return tokens;
  }

  private List<Integer> ids(String key, JsonNode value) {
    long words = model.backbone().tokens().weight().value().size(0);
    List<Integer> ids = integers(key, value);
    boolean distinct = Set.copyOf(ids).size() == ids.size();
    if (!distinct || ids.stream().anyMatch(id -> id < 0 || id >= words)) {
      throw refused(key, value, "distinct ids from 0 to " + (words - 1));
    }
    return ids;
  }

  /** Ranks by pattern. */
  public Map<String, Integer> ranks(String key) {
    return map(key, value -> rank(key, value));
  }

  /** Numbers by pattern. */
  public Map<String, Double> numbers(String key) {
    return map(key, value -> number(key, value));
  }

  /** How many entries of each list are true. */
  public Map<String, Integer> counts(String key) {
    return map(key, value -> count(key, value));
  }

  private int count(String key, JsonNode flags) {
    int count = 0;
    for (JsonNode flag : list(key, flags)) {
      if (!flag.isBoolean()) {
        throw refused(key, flag, "true or false");
      }
      count += flag.asBoolean() ? 1 : 0;
    }
    return count;
  }

  /** A list, or nothing where there is none. */
  private JsonNode list(String key, JsonNode value) {
    if (!value.isArray() && !isAbsent(value)) {
      throw refused(key, value, "a list");
    }
    return value;
  }

  private <T> Map<String, T> map(String key, Function<JsonNode, T> read) {
    Map<String, T> values = new LinkedHashMap<>();
    JsonNode map = node(key);
    if (!map.isObject() && !isAbsent(map)) {
      throw refused(key, map, "an object");
    }
    map.properties().forEach(e -> values.put(e.getKey(), read.apply(e.getValue())));
    return values;
  }

  /**
   * {@code modules_to_save}, of whose two names for a classifier's head one may be another model's.
   */
  public List<String> modulesToSave() {
    return texts("modules_to_save").stream()
        .filter(m -> !Targets.HEADS.contains(m) || Targets.exists(m, model))
        .toList();
  }

  /** That a key's value means something that cannot be done. */
  public HoneException unsupported(String key) {
    return unsupported(key, "");
  }

  /**
   * @param why and what to do, after the sentence
   */
  public HoneException unsupported(String key, String why) {
    String sentence = file + ": option " + key + "=" + json.path(key) + " is not supported";
    return new HoneException(why.isEmpty() ? sentence : sentence + ": " + why);
  }

  private HoneException refused(String key, JsonNode value, String expected) {
    return new HoneException(file + ": key '" + key + "' has " + value + ", expected " + expected);
  }

  private static boolean isAbsent(JsonNode value) {
    return value.isMissingNode() || value.isNull();
  }

  /** A list of what is known, not of what is refused: PEFT grows options faster than we do. */
  void refuseTheRest() {
    for (String key : json.propertyNames()) {
      JsonNode value = json.path(key);
      boolean off =
          value.isNull()
              || (value.isBoolean() && !value.asBoolean())
              || (value.isContainer() && value.isEmpty());
      if (!asked.contains(key) && !off) {
        throw unsupported(key);
      }
    }
  }
}
