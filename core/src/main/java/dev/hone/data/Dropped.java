package dev.hone.data;

import dev.hone.error.HoneException;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A row that no model will see.
 *
 * @param origin {@code file:line}
 * @param reason why, in a few words
 */
public record Dropped(String origin, String reason) {
  private static final int SHOWN = 5;

  /**
   * Refuses to go on when too many rows were dropped, or all of them.
   *
   * @param rows how many there were before
   * @param largestShare of the rows that may be dropped, {@code data.maxDropped}
   */
  public static void check(List<Dropped> dropped, int rows, double largestShare) {
    if (dropped.isEmpty() || (dropped.size() < rows && dropped.size() <= largestShare * rows)) {
      return;
    }
    String first =
        dropped.stream()
            .limit(SHOWN)
            .map(d -> d.origin() + " (" + d.reason() + ")")
            .collect(Collectors.joining(", "));
    throw new HoneException(
        "%s of %d rows would be dropped%s: %s%s; mend the rows%s"
            .formatted(
                dropped.size() == rows ? "all" : dropped.size(),
                rows,
                dropped.size() == rows ? "" : ", more than data.maxDropped " + largestShare,
                first,
                dropped.size() > SHOWN ? ", ..." : "",
                dropped.size() == rows ? "" : " or raise data.maxDropped"));
  }
}
