package dev.hone.data;

import dev.hone.data.Example.Labelled;
import dev.hone.error.HoneException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Places groups of rows into splits so that the shares come out, for each label and in all. */
final class Shares {
  private static final int TRAIN = 0;
  private static final int VALIDATION = 1;
  private static final int TEST = 2;

  private final double[] share;

  Shares(double validation, double test) {
    if (validation + test >= 1) {
      throw new HoneException(
          "data.split: validation %s and test %s leave no row to train on; lower one"
              .formatted(validation, test));
    }
    this.share = new double[] {1 - validation - test, validation, test};
  }

  /**
   * The split of each row, -1 for a row that is dropped because it duplicates one in a split that
   * was given.
   */
  int[] place(List<Splits.Entry> entries, List<Duplicates> groups, List<Dropped> dropped) {
    int[] split = new int[entries.size()];
    Arrays.fill(split, -1);
    Map<String, List<List<Integer>>> strata = new TreeMap<>();
    for (Duplicates group : groups) {
      int given = group.rows().stream().mapToInt(i -> given(entries.get(i))).max().orElse(TRAIN);
      if (given == TRAIN) {
        strata.computeIfAbsent(label(entries, group), l -> new ArrayList<>()).add(group.rows());
        continue;
      }
      for (int i : group.rows()) {
        if (given(entries.get(i)) == given) {
          split[i] = given;
        } else {
          dropped.add(
              new Dropped(
                  entries.get(i).example().origin(),
                  "duplicates a row of the " + Splits.NAMES.get(given) + " file"));
        }
      }
    }
    if (share[VALIDATION] + share[TEST] > 0) {
      refuseLabelsThatOccurOnce(entries, strata);
    }
    divide(strata, split);
    return split;
  }

  /**
   * Takes a stratum's groups in the order of their hashes. The wanted number follows the running
   * total, so that what one label lacks by rounding, the next ones make up for.
   */
  private void divide(Map<String, List<List<Integer>>> strata, int[] split) {
    int seen = 0;
    int[] got = new int[3];
    for (List<List<Integer>> stratum : strata.values()) {
      List<List<Integer>> left = new ArrayList<>(stratum);
      int size = left.stream().mapToInt(List::size).sum();
      seen += size;
      for (int side : new int[] {TEST, VALIDATION}) {
        double own = share[side] * size;
        long wanted =
            Math.clamp(
                Math.round(share[side] * seen) - got[side],
                (long) Math.floor(own),
                (long) Math.ceil(own));
        got[side] += take(left, wanted, side, split);
      }
      left.forEach(group -> group.forEach(i -> split[i] = TRAIN));
    }
    for (int side : new int[] {VALIDATION, TEST}) {
      if (share[side] > 0 && got[side] == 0) {
        throw new HoneException(
            "data.split.%s %s of %d rows gives no row; give more rows, a larger share or 0%s"
                .formatted(
                    Splits.NAMES.get(side),
                    share[side],
                    seen,
                    seen > 20 ? " (are most rows near duplicates of each other?)" : ""));
      }
    }
  }

  /**
   * Moves groups to a side until it is as near to the wanted number as whole groups allow. One
   * group at least stays behind.
   */
  private static int take(List<List<Integer>> groups, long wanted, int side, int[] split) {
    List<List<Integer>> kept = new ArrayList<>();
    int singles = (int) groups.stream().filter(g -> g.size() == 1).count();
    int taken = 0;
    int behind = groups.size();
    for (List<Integer> group : groups) {
      singles -= group.size() == 1 ? 1 : 0;
      long over = taken + group.size() - wanted;
      boolean farther = over > wanted - taken;
      boolean betterFilled = over > 0 && singles > 0; // single rows can fill the gap exactly
      if (taken >= wanted || behind == 1 || farther || betterFilled) {
        kept.add(group);
        continue;
      }
      group.forEach(i -> split[i] = side);
      taken += group.size();
      behind--;
    }
    groups.clear();
    groups.addAll(kept);
    return taken;
  }

  private static void refuseLabelsThatOccurOnce(
      List<Splits.Entry> entries, Map<String, List<List<Integer>>> strata) {
    Map<String, List<List<Integer>>> groupsOf = new TreeMap<>();
    for (List<List<Integer>> stratum : strata.values()) {
      for (List<Integer> group : stratum) {
        group.stream()
            .map(i -> entries.get(i).example())
            .filter(Labelled.class::isInstance)
            .map(e -> ((Labelled) e).label())
            .distinct()
            .forEach(l -> groupsOf.computeIfAbsent(l, k -> new ArrayList<>()).add(group));
      }
    }
    groupsOf.forEach(
        (label, groups) -> {
          if (groups.size() == 1) {
            String origin =
                groups.getFirst().stream()
                    .map(i -> entries.get(i).example())
                    .filter(e -> ((Labelled) e).label().equals(label))
                    .findFirst()
                    .map(Example::origin)
                    .orElse("");
            throw new HoneException(
                "%s: label '%s' occurs only here%s, so that no split could both train and measure it; add rows, merge it with another label, or remove it"
                    .formatted(
                        origin, label, groups.getFirst().size() > 1 ? " and in duplicates" : ""));
          }
        });
  }

  /** The label that most rows of the group carry; none for rows without labels. */
  private static String label(List<Splits.Entry> entries, Duplicates group) {
    Map<String, Integer> count = new TreeMap<>();
    for (int i : group.rows()) {
      if (entries.get(i).example() instanceof Labelled row) {
        count.merge(row.label(), 1, Integer::sum);
      }
    }
    return count.entrySet().stream()
        .reduce((a, b) -> b.getValue() > a.getValue() ? b : a)
        .map(Map.Entry::getKey)
        .orElse("");
  }

  private static int given(Splits.Entry entry) {
    Integer given = entry.given();
    return given == null ? TRAIN : given;
  }
}
