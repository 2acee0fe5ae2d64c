package dev.hone.data;

import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Rows side by side, right-padded to the longest: B rows of T positions, row-major. A pair is two
 * rows, the better side and then the worse; a question with choices is as many rows.
 *
 * @param ids B*T token ids, {@code padId} after a row's end
 * @param mask B*T, 1 on real tokens and 0 on padding
 * @param labels B*T, the id to be predicted at this position's place (not shifted), -100 where
 *     nothing is learned
 * @param classes B class labels, -1 where a row has none
 * @param types B*T segments; null means all 0
 * @param targets B, what a head is to answer; null where a row has nothing of the kind
 * @param sides how many rows in succession belong together
 * @param origins where each row came from, for messages
 * @param tasks that the rows belong to among several; empty for none
 */
public record Batch(
    int rows,
    int width,
    long[] ids,
    long[] mask,
    long[] labels,
    long[] classes,
    long @Nullable [] types,
    List<@Nullable Target> targets,
    int sides,
    List<String> origins,
    List<String> tasks) {

  /** The label that every loss ignores. */
  public static final long IGNORE = -100;

  public static Batch of(List<TokenRow> units, long padId) {
    List<TokenRow> rows = units.stream().flatMap(unit -> unit.sides().stream()).toList();
    int width = rows.stream().mapToInt(TokenRow::length).max().orElse(0);
    int count = rows.size();
    long[] ids = new long[count * width];
    long[] mask = new long[count * width];
    long[] labels = new long[count * width];
    boolean typed = rows.stream().anyMatch(row -> row.types() != null);
    long[] types = typed ? new long[count * width] : null;
    Arrays.fill(ids, padId);
    Arrays.fill(labels, IGNORE);
    for (int r = 0; r < count; r++) {
      TokenRow row = rows.get(r);
      int[] own = row.types();
      int[] given = row.target() instanceof Target.Tokens tokens ? tokens.labels() : null;
      for (int t = 0; t < row.length(); t++) {
        int at = r * width + t;
        ids[at] = row.ids()[t];
        mask[at] = 1;
        if (types != null && own != null) {
          types[at] = own[t];
        }
        if (given != null) {
          labels[at] = given[t];
        } else if (t > 0 && row.learned()[t]) {
          labels[at] = row.ids()[t];
        }
      }
    }
    return new Batch(
        count,
        width,
        ids,
        mask,
        labels,
        rows.stream().mapToLong(TokenRow::label).toArray(),
        types,
        Collections.unmodifiableList(
            rows.stream().<@Nullable Target>map(TokenRow::target).toList()),
        units.isEmpty() ? 1 : count / units.size(),
        rows.stream().map(TokenRow::origin).toList(),
        rows.stream().map(TokenRow::task).toList());
  }

  /** Real tokens, padding not counted. */
  public long tokens() {
    return Arrays.stream(mask).sum();
  }

  /** Labels that a causal loss counts. */
  public long learnedTokens() {
    return Arrays.stream(labels).filter(l -> l != IGNORE).count();
  }
}
