package dev.hone.data;

import dev.hone.error.HoneException;
import dev.hone.error.Nearest;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** Looks at finished splits as a stranger would: what is in them, and does anything leak? */
final class SplitCheck {
  private SplitCheck() {}

  static SplitReport report(
      int rowsRead,
      List<Duplicates> groups,
      int[] split,
      List<List<Example>> sides,
      List<Dropped> dropped) {
    List<Duplicates> several = groups.stream().filter(g -> g.rows().size() > 1).toList();
    int shared = sharedGroups(several, split) + sharedContents(sides);
    if (shared > 0) {
      throw new IllegalStateException(shared + " groups of duplicates are in several splits");
    }
    return new SplitReport(
        rowsRead,
        several.size(),
        several.stream().mapToInt(g -> g.rows().size()).sum(),
        List.copyOf(dropped),
        sizes(sides),
        labels(sides),
        shared);
  }

  /** The same report after rows were taken out of the splits. */
  static SplitReport report(SplitReport before, List<List<Example>> sides, List<Dropped> dropped) {
    return new SplitReport(
        before.rowsRead(),
        before.duplicateGroups(),
        before.duplicateRows(),
        List.copyOf(dropped),
        sizes(sides),
        labels(sides),
        before.sharedGroups());
  }

  private static Map<String, Integer> sizes(List<List<Example>> sides) {
    Map<String, Integer> sizes = new LinkedHashMap<>();
    for (int side = 0; side < sides.size(); side++) {
      sizes.put(Splits.NAMES.get(side), sides.get(side).size());
    }
    return sizes;
  }

  private static Map<String, Map<String, Integer>> labels(List<List<Example>> sides) {
    Map<String, Map<String, Integer>> labels = new LinkedHashMap<>();
    for (int side = 0; side < sides.size(); side++) {
      Map<String, Integer> counts = new TreeMap<>();
      for (Example e : sides.get(side)) {
        e.labels().forEach(label -> counts.merge(label, 1, Integer::sum));
      }
      labels.put(Splits.NAMES.get(side), counts);
    }
    return labels;
  }

  private static int sharedGroups(List<Duplicates> groups, int[] split) {
    return (int)
        groups.stream()
            .filter(
                g ->
                    g.rows().stream().map(i -> split[i]).filter(s -> s >= 0).distinct().count() > 1)
            .count();
  }

  /** Contents that occur in several splits, found from the splits alone. */
  static int sharedContents(List<List<Example>> sides) {
    Map<String, Integer> side = new HashMap<>();
    Set<String> shared = new TreeSet<>();
    for (int s = 0; s < sides.size(); s++) {
      for (Example e : sides.get(s)) {
        String content = Content.whole(e);
        Integer other = side.putIfAbsent(content, s);
        if (other != null && other != s) {
          shared.add(content);
        }
      }
    }
    return shared.size();
  }

  /** A label that is measured must have been trained. */
  static void everyLabelIsTrained(List<List<Example>> sides) {
    if (sides.getFirst().isEmpty()) {
      return; // a finished run is measured on rows that it has seen; training refuses by itself
    }
    List<String> trained = Example.labels(sides.getFirst());
    for (int side = 1; side < sides.size(); side++) {
      for (Example e : sides.get(side)) {
        if (e instanceof Example.Tagged) {
          continue; // one tag of many words may be rare, and counts as missed
        }
        for (String label : e.labels()) {
          if (!trained.contains(label)) {
            throw new HoneException(
                "%s: label '%s' is in the %s rows but in no training row%s"
                    .formatted(
                        e.origin(), label, Splits.NAMES.get(side), Nearest.hint(label, trained)));
          }
        }
      }
    }
  }
}
