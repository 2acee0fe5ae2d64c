package dev.hone.golden;

import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What became of one golden case.
 *
 * @param name path of the case below the folder that was checked
 * @param differences the largest of each quantity
 * @param failure why it could not be compared, or null
 */
public record CaseResult(String name, List<Difference> differences, @Nullable String failure) {

  public boolean matches() {
    return failure == null && differences.stream().allMatch(Difference::matches);
  }

  /** One line: the name, match or MISS, and the largest differences. */
  public String line() {
    String verdict = matches() ? "match" : "MISS ";
    if (failure != null) {
      return verdict + "  " + name + "  " + failure;
    }
    return verdict
        + "  "
        + name
        + "  "
        + differences.stream().map(CaseResult::text).collect(Collectors.joining("  "));
  }

  private static String text(Difference d) {
    String number = String.format(Locale.ROOT, "%.1e", d.absolute());
    return d.matches()
        ? d.quantity() + " " + number
        : "[" + d.quantity() + " " + number + " at " + d.detail() + "]";
  }
}
