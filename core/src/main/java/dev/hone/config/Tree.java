package dev.hone.config;

import java.util.List;
import java.util.Map;

/** A YAML value that remembers where it was written. */
sealed interface Tree {
  Origin origin();

  /** What a message calls this value. */
  String shown();

  /**
   * One word or text.
   *
   * @param plain written without quotes, so that it may be a number, a truth value or null
   */
  record Scalar(Origin origin, String text, boolean plain) implements Tree {
    boolean isNull() {
      return plain && (text.isEmpty() || text.equals("null") || text.equals("~"));
    }

    @Override
    public String shown() {
      return isNull() ? "empty" : (plain ? "" : "the text ") + Origin.shown(text);
    }
  }

  record Sequence(Origin origin, List<Tree> items) implements Tree {
    @Override
    public String shown() {
      return "a list";
    }
  }

  /** Keys in the order of the file; the overrides of the command line are put into the map. */
  record Mapping(Origin origin, Map<String, Entry> entries) implements Tree {
    @Override
    public String shown() {
      return "a mapping";
    }
  }

  /**
   * @param key where the key itself stands, which may be lines above its value
   */
  record Entry(Origin key, Tree value) {}
}
