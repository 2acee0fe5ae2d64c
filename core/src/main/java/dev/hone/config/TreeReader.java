package dev.hone.config;

import dev.hone.error.HoneException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntFunction;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Parse;
import org.snakeyaml.engine.v2.events.AliasEvent;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.events.MappingStartEvent;
import org.snakeyaml.engine.v2.events.ScalarEvent;
import org.snakeyaml.engine.v2.events.SequenceStartEvent;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/**
 * Reads one YAML 1.2 document.
 *
 * <p>It is built from parser events, not by the library's composer, because a file that a stranger
 * wrote may hold a million brackets or aliases that unfold to gigabytes: nesting has a limit here,
 * and aliases and tags are refused.
 */
final class TreeReader {
  private static final int DEEPEST = 32;
  private static final int LARGEST = 1 << 20;
  private static final Set<Event.ID> FRAME =
      Set.of(
          Event.ID.StreamStart, Event.ID.StreamEnd, Event.ID.DocumentStart, Event.ID.DocumentEnd);

  private final Iterator<Event> events;
  private final IntFunction<Origin> origins;

  private TreeReader(Iterator<Event> events, IntFunction<Origin> origins) {
    this.events = events;
    this.origins = origins;
  }

  /**
   * Reads a text.
   *
   * @param origins gives the origin of a line, counted from 1
   * @return empty when the text holds no value
   * @throws HoneException that names the line, where the text is no plain YAML document
   */
  static Optional<Tree> read(String text, IntFunction<Origin> origins) {
    LoadSettings settings = LoadSettings.builder().setCodePointLimit(LARGEST).build();
    Iterator<Event> events = new Parse(settings).parseString(text).iterator();
    try {
      return new TreeReader(events, origins).document();
    } catch (MarkedYamlEngineException e) {
      String problem = e.getProblem() == null ? "" : ": " + e.getProblem();
      throw origins.apply(line(e.getProblemMark())).refuse("not valid YAML" + problem, e);
    } catch (YamlEngineException e) {
      String problem = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
      throw origins.apply(1).refuse("not valid YAML: " + problem, e);
    }
  }

  private Optional<Tree> document() {
    Optional<Tree> root = Optional.empty();
    while (events.hasNext()) {
      Event event = events.next();
      if (FRAME.contains(event.getEventId())) {
        continue;
      }
      if (root.isPresent()) {
        throw origin(event).refuse("a second document starts here, expected one");
      }
      root = Optional.of(tree(event, 0));
    }
    return root;
  }

  private Tree tree(Event event, int depth) {
    Origin origin = origin(event);
    if (depth > DEEPEST) {
      throw origin.refuse("nested more than " + DEEPEST + " deep");
    }
    return switch (event) {
      case ScalarEvent scalar -> {
        refuseTag(scalar.getTag(), origin);
        yield new Tree.Scalar(origin, scalar.getValue(), scalar.isPlain());
      }
      case SequenceStartEvent sequence -> {
        refuseTag(sequence.getTag(), origin);
        yield new Tree.Sequence(origin, items(depth));
      }
      case MappingStartEvent mapping -> {
        refuseTag(mapping.getTag(), origin);
        yield new Tree.Mapping(origin, entries(depth));
      }
      case AliasEvent alias ->
          throw origin.refuse("alias *" + alias.getAlias() + " is not taken, write the value out");
      default -> throw new IllegalStateException("unexpected event " + event);
    };
  }

  private List<Tree> items(int depth) {
    List<Tree> items = new ArrayList<>();
    for (Event e = events.next(); e.getEventId() != Event.ID.SequenceEnd; e = events.next()) {
      items.add(tree(e, depth + 1));
    }
    return items;
  }

  private Map<String, Tree.Entry> entries(int depth) {
    Map<String, Tree.Entry> entries = new LinkedHashMap<>();
    for (Event e = events.next(); e.getEventId() != Event.ID.MappingEnd; e = events.next()) {
      Origin origin = origin(e);
      if (!(tree(e, depth + 1) instanceof Tree.Scalar key)) {
        throw origin.refuse("a key must be one word");
      }
      Tree.Entry entry = new Tree.Entry(origin, tree(events.next(), depth + 1));
      if (entries.put(key.text(), entry) != null) {
        throw origin.refuse("key '" + key.text() + "' is given twice");
      }
    }
    return entries;
  }

  private Origin origin(Event event) {
    return origins.apply(line(event.getStartMark()));
  }

  private static int line(Optional<Mark> mark) {
    return mark.map(m -> m.getLine() + 1).orElse(1);
  }

  private static void refuseTag(Optional<String> tag, Origin origin) {
    tag.ifPresent(
        t -> {
          throw origin.refuse("tag " + t + " is not taken, write the plain value");
        });
  }
}
