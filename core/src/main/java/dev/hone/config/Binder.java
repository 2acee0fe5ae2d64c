package dev.hone.config;

import java.lang.reflect.AnnotatedType;
import java.lang.reflect.RecordComponent;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Makes records of YAML values; whatever does not fit is refused with its place and its key. */
final class Binder {
  private Binder() {}

  /**
   * A key that waits for its value.
   *
   * @param path dotted, for messages; empty for the root
   * @param origin where the key stands
   * @param fallback what the enclosing record's defaults hold here
   */
  private record Slot(
      String path, Origin origin, @Nullable Range range, @Nullable Object fallback) {

    Slot child(String name, Origin at, @Nullable Range range, @Nullable Object fallback) {
      return new Slot(path.isEmpty() ? name : path + "." + name, at, range, fallback);
    }

    /** The same place without a default: an element of a list or a map. */
    Slot element(String suffix, Origin at) {
      return new Slot(path + suffix, at, range, null);
    }
  }

  static Record bind(Class<?> type, Tree.Mapping root) {
    return record(type, root, new Slot("", root.origin(), null, null));
  }

  private static @Nullable Object value(AnnotatedType type, Tree tree, Slot slot) {
    Class<?> raw = Shape.raw(type.getType());
    if (tree instanceof Tree.Scalar scalar && scalar.isNull()) {
      if (Shape.nullable(type)) {
        return null;
      }
      throw Scalars.refuse(slot.path(), tree, Scalars.expectation(raw, slot.range()));
    }
    if (raw == List.class) {
      return list(Shape.argument(type, 0), tree, slot);
    }
    if (raw == Map.class) {
      return map(Shape.argument(type, 1), mapping(tree, slot), slot);
    }
    if (Shape.isFamily(raw)) {
      return choice(raw, mapping(tree, slot), slot);
    }
    if (raw.isRecord()) {
      return record(raw, mapping(tree, slot), slot);
    }
    return Scalars.bind(raw, tree, slot.path(), slot.range());
  }

  private static Tree.Mapping mapping(Tree tree, Slot slot) {
    if (tree instanceof Tree.Mapping mapping) {
      return mapping;
    }
    throw Scalars.refuse(slot.path(), tree, "a mapping of keys to values");
  }

  private static List<@Nullable Object> list(AnnotatedType type, Tree tree, Slot slot) {
    List<Tree> items = tree instanceof Tree.Sequence s ? s.items() : List.of(tree);
    List<@Nullable Object> values = new ArrayList<>();
    for (int i = 0; i < items.size(); i++) {
      Tree item = items.get(i);
      values.add(value(type, item, slot.element("[" + i + "]", item.origin())));
    }
    return Collections.unmodifiableList(values);
  }

  private static Map<String, @Nullable Object> map(
      AnnotatedType type, Tree.Mapping mapping, Slot slot) {
    Map<String, @Nullable Object> values = new LinkedHashMap<>();
    mapping
        .entries()
        .forEach(
            (key, entry) ->
                values.put(key, value(type, entry.value(), slot.element("." + key, entry.key()))));
    return Collections.unmodifiableMap(values);
  }

  private static Record choice(Class<?> family, Tree.Mapping mapping, Slot slot) {
    Map<String, Class<?>> choices = Shape.choices(family);
    Map<String, Tree.Entry> entries = new LinkedHashMap<>(mapping.entries());
    Tree.Entry type = entries.remove("type");
    Class<?> usual = Shape.usual(family);
    Class<?> chosen;
    if (type != null) {
      chosen = choices.get(type.value() instanceof Tree.Scalar s ? s.text() : "");
      if (chosen == null) {
        String word = type.value() instanceof Tree.Scalar s ? s.text() : "";
        String hint =
            OtherWords.type(word)
                .map(how -> "; '" + word + "' is " + how)
                .orElseGet(() -> Scalars.nearest(word, choices.keySet()));
        throw type.value()
            .origin()
            .refuse(
                "%s is %s, expected one of %s%s"
                    .formatted(
                        slot.path() + ".type",
                        type.value().shown(),
                        String.join(", ", choices.keySet()),
                        hint));
      }
    } else if (slot.fallback() != null) {
      chosen = slot.fallback().getClass();
    } else if (usual != null) {
      chosen = usual;
    } else {
      throw slot.origin()
          .refuse(
              "%s needs a key 'type', one of %s"
                  .formatted(slot.path(), String.join(", ", choices.keySet())));
    }
    return record(chosen, new Tree.Mapping(mapping.origin(), entries), slot);
  }

  private static Record record(Class<?> type, Tree.Mapping mapping, Slot slot) {
    RecordComponent[] components = type.getRecordComponents();
    refuseUnknown(components, mapping, slot);
    Record defaults =
        type.isInstance(slot.fallback()) ? (Record) slot.fallback() : Shape.defaults(type);
    @Nullable Object[] values = new Object[components.length];
    for (int i = 0; i < components.length; i++) {
      RecordComponent component = components[i];
      Object fallback = Shape.get(component, defaults);
      Tree.Entry entry = mapping.entries().get(component.getName());
      Origin at = entry == null ? slot.origin() : entry.key();
      Slot child =
          slot.child(component.getName(), at, component.getAnnotation(Range.class), fallback);
      values[i] =
          entry == null
              ? settled(fallback, child)
              : value(component.getAnnotatedType(), entry.value(), child);
    }
    try {
      return Shape.create(type, values);
    } catch (IllegalArgumentException e) {
      throw slot.origin()
          .refuse((slot.path().isEmpty() ? "" : slot.path() + ": ") + e.getMessage());
    }
  }

  private static void refuseUnknown(RecordComponent[] components, Tree.Mapping mapping, Slot slot) {
    List<String> known = Arrays.stream(components).map(RecordComponent::getName).toList();
    mapping
        .entries()
        .forEach(
            (key, entry) -> {
              if (!known.contains(key)) {
                String place = slot.path().isEmpty() ? "" : " in " + slot.path();
                String hint = known.isEmpty() ? " (it has no keys)" : OtherWords.hint(key, known);
                throw entry.key().refuse("unknown key '" + key + "'" + place + hint);
              }
            });
  }

  /**
   * A default as the run will use it. Its relative paths are meant relative to the working
   * directory, as those of the command line are.
   */
  private static @Nullable Object settled(@Nullable Object fallback, Slot slot) {
    return switch (fallback) {
      case Path path -> path.toAbsolutePath().normalize();
      case List<?> list -> {
        List<@Nullable Object> values = new ArrayList<>();
        list.forEach(v -> values.add(settled(v, slot.element("[]", slot.origin()))));
        yield Collections.unmodifiableList(values);
      }
      case Map<?, ?> map -> {
        Map<Object, @Nullable Object> values = new LinkedHashMap<>();
        map.forEach((k, v) -> values.put(k, settled(v, slot.element("." + k, slot.origin()))));
        yield Collections.unmodifiableMap(values);
      }
      case Record r -> {
        Slot whole = new Slot(slot.path(), slot.origin(), null, r);
        yield record(r.getClass(), new Tree.Mapping(slot.origin(), Map.of()), whole);
      }
      case null, default -> fallback;
    };
  }
}
