package dev.hone.config;

import dev.hone.error.HoneException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** {@code key.key=value} of the command line, put over the recipe's own values. */
final class Overrides {
  private Overrides() {}

  /** Changes the root in place; of two overrides of one key the last one counts. */
  static void apply(Tree.Mapping root, List<String> overrides) {
    overrides.forEach(o -> apply(root, o));
  }

  private static void apply(Tree.Mapping root, String override) {
    Origin origin = new Origin("override " + override.strip(), Path.of(""));
    int equals = override.indexOf('=');
    List<String> keys =
        equals < 0 ? List.of() : List.of(override.substring(0, equals).strip().split("\\.", -1));
    if (keys.isEmpty() || keys.contains("")) {
      throw new HoneException(
          "override '" + override + "': expected KEY=VALUE, for example train.rate=1e-4");
    }
    Tree value =
        TreeReader.read(override.substring(equals + 1), line -> origin)
            .orElseGet(() -> new Tree.Scalar(origin, "", true));
    Map<String, Tree.Entry> entries = root.entries();
    for (int i = 0; i < keys.size() - 1; i++) {
      entries = below(entries, keys.subList(0, i + 1), origin);
    }
    entries.put(keys.getLast(), new Tree.Entry(origin, value));
  }

  private static Map<String, Tree.Entry> below(
      Map<String, Tree.Entry> entries, List<String> path, Origin origin) {
    String key = path.getLast();
    Tree.Entry entry = entries.get(key);
    if (entry == null || (entry.value() instanceof Tree.Scalar scalar && scalar.isNull())) {
      entry = new Tree.Entry(origin, new Tree.Mapping(origin, new LinkedHashMap<>()));
      entries.put(key, entry);
    }
    if (entry.value() instanceof Tree.Mapping mapping) {
      return mapping.entries();
    }
    throw origin.refuse(
        "%s is %s in the recipe, so it has no keys of its own"
            .formatted(String.join(".", path), entry.value().shown()));
  }
}
