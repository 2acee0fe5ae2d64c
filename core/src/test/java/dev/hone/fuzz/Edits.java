package dev.hone.fuzz;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * A fuzzer's bytes, read as instructions to change a good file: what comes out is still JSON, so
 * that the code behind the parser is reached, and the fuzzer learns which instructions lead
 * somewhere new.
 */
public final class Edits {
  private static final JsonMapper JSON = JsonMapper.shared();
  private static final int MOST = 6;
  private static final List<String> VALUES =
      List.of(
          "null",
          "true",
          "false",
          "-1",
          "0",
          "1",
          "2",
          "3",
          "7",
          "0.5",
          "-0.0",
          "1e300",
          "1e-300",
          "2147483647",
          "2147483648",
          "-2147483648",
          "9223372036854775807",
          "99999999999999999999",
          "\"\"",
          "\" \"",
          "\"A\"",
          "\"..\"",
          "\"a/../b\"",
          "\"(a+)+$\"",
          "\"[\"",
          "\"##\"",
          "\"\u2581\"",
          "\"\\ud800\"",
          "[]",
          "{}",
          "[1]",
          "[0,0]",
          "[\"a\",\"b\"]",
          "[[[[1]]]]",
          "{\"Regex\":\"(\"}",
          "{\"Regex\":\"a*\"}",
          "{\"String\":\"\"}",
          "{\"type\":\"ByteLevel\"}");

  private final byte[] program;
  private int at;

  /** Reads from the byte at {@code from} on. */
  public Edits(byte[] program, int from) {
    this.program = program;
    this.at = from;
  }

  /** The next byte, 0 behind the end. */
  public int next() {
    return at < program.length ? program[at++] & 0xFF : 0;
  }

  public boolean more() {
    return at < program.length;
  }

  /** What is left of the bytes. */
  public byte[] rest() {
    byte[] rest = Arrays.copyOfRange(program, Math.min(at, program.length), program.length);
    at = program.length;
    return rest;
  }

  /** The seed, changed in up to six places. */
  public ObjectNode of(ObjectNode seed) {
    ObjectNode json = seed.deepCopy();
    for (int i = 0; i < MOST && more(); i++) {
      List<JsonNode> containers = new ArrayList<>();
      collect(json, containers, next() % 4 == 0);
      change(containers.get(index(containers.size())), containers);
    }
    return json;
  }

  /** Objects and lists; most often without those that are long. */
  private static void collect(JsonNode node, List<JsonNode> into, boolean all) {
    if (node.isContainer()) {
      into.add(node);
      if (all || node.size() < 100) {
        node.forEach(child -> collect(child, into, all));
      }
    }
  }

  private int index(int size) {
    int wide = next();
    return size <= 256 ? wide % size : (wide << 8 | next()) % size;
  }

  private void change(JsonNode at, List<JsonNode> containers) {
    int verb = next() % 8;
    if (at instanceof ArrayNode list) {
      if (list.isEmpty() || verb == 0) {
        list.add(value(list, containers));
      } else if (verb == 1) {
        list.remove(index(list.size()));
      } else {
        int place = index(list.size());
        list.set(place, value(list.path(place), containers));
      }
    } else if (at instanceof ObjectNode object) {
      List<String> names = new ArrayList<>(object.propertyNames());
      String name = names.isEmpty() ? "x" : names.get(index(names.size()));
      JsonNode old = object.path(name);
      switch (verb) {
        case 0 -> object.remove(name);
        case 1 -> object.set(name + "x", old);
        case 2 -> object.set(text(), value(old, containers));
        default -> object.set(name, value(old, containers));
      }
    }
  }

  private JsonNode value(JsonNode old, List<JsonNode> containers) {
    return switch (next() % 8) {
      case 0 -> containers.get(index(containers.size())).deepCopy();
      case 1 -> JsonNodeFactory.instance.stringNode(text());
      case 2 -> near(old);
      case 3 -> JsonNodeFactory.instance.numberNode(next() << 24 | next() << 16 | next() << 8);
      default -> JSON.readTree(VALUES.get(next() % VALUES.size()));
    };
  }

  /** A value that is nearly right is wrong in more interesting places. */
  private JsonNode near(JsonNode old) {
    JsonNodeFactory nodes = JsonNodeFactory.instance;
    int way = next();
    if (old.isIntegralNumber() && old.canConvertToLong()) {
      long number = old.longValue();
      return switch (way % 5) {
        case 0 -> nodes.numberNode(number + 1);
        case 1 -> nodes.numberNode(number - 1);
        case 2 -> nodes.numberNode(number * 2);
        case 3 -> nodes.numberNode(number / 2);
        default -> nodes.numberNode(-number);
      };
    }
    if (old.isNumber()) {
      return nodes.numberNode(way % 2 == 0 ? -old.doubleValue() : old.doubleValue() * 1e30);
    }
    if (old.isString()) {
      String text = old.stringValue();
      int cut = text.isEmpty() ? 0 : next() % text.length();
      return nodes.stringNode(
          way % 2 == 0 ? text.substring(0, cut) : text.substring(0, cut) + text() + text);
    }
    return old.isBoolean() ? nodes.booleanNode(!old.booleanValue()) : nodes.nullNode();
  }

  private String text() {
    int length = Math.min(next() % 24, program.length - at);
    String text = new String(program, at, length, StandardCharsets.UTF_8);
    at += length;
    return text;
  }
}
