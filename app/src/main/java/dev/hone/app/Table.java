package dev.hone.app;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Rows under a heading, columns aligned; a column of numbers to the right. */
final class Table {
  private static final String GAP = "  ";
  // 12, -0.5, 6,120, 98.1 %, 0.98 ± 0.01, 512 MiB, 1m12s, 1.0e-03, and a dash for no value
  private static final Pattern NUMBER =
      Pattern.compile(
          "[-+]?[0-9][0-9a-z,.:+-]*( ?(%|±|/|[0-9][0-9,.]*|[KMGTPE]iB|B|[a-z]+/s))*|[-–—]?");

  private final List<String> heading;
  private final List<List<String>> rows = new ArrayList<>();

  Table(String... heading) {
    this.heading = List.of(heading);
  }

  /**
   * Adds a row.
   *
   * @throws IllegalArgumentException unless there is one cell for each column
   */
  Table row(Object... cells) {
    if (cells.length != heading.size()) {
      throw new IllegalArgumentException(
          cells.length + " cells in a table of " + heading.size() + " columns");
    }
    rows.add(List.of(cells).stream().map(c -> c.toString().replace('\n', ' ')).toList());
    return this;
  }

  List<String> heading() {
    return heading;
  }

  List<List<String>> rows() {
    return List.copyOf(rows);
  }

  /** The lines without trailing blanks, each ended by a newline. */
  String text(Console console) {
    int[] widths =
        IntStream.range(0, heading.size())
            .map(i -> column(i).mapToInt(Columns::of).max().orElse(0))
            .toArray();
    boolean[] numeric = new boolean[widths.length];
    for (int i = 0; i < numeric.length; i++) {
      numeric[i] = column(i).skip(1).allMatch(cell -> NUMBER.matcher(cell).matches());
    }
    int total = IntStream.of(widths).sum() + GAP.length() * (widths.length - 1);
    StringBuilder text = new StringBuilder();
    text.append(console.bold(line(heading, widths, numeric))).append('\n');
    text.append("─".repeat(Math.max(0, total))).append('\n');
    rows.forEach(row -> text.append(line(row, widths, numeric)).append('\n'));
    return text.toString();
  }

  /** The same as a table of Markdown. */
  String markdown() {
    StringBuilder text = new StringBuilder();
    text.append(markdown(heading)).append("|---".repeat(heading.size())).append("|\n");
    rows.forEach(row -> text.append(markdown(row)));
    return text.toString();
  }

  private static String markdown(List<String> cells) {
    return cells.stream()
        .map(cell -> cell.replace("|", "\\|"))
        .collect(Collectors.joining(" | ", "| ", " |\n"));
  }

  /** The heading, then the cells. */
  private Stream<String> column(int index) {
    return Stream.concat(Stream.of(heading), rows.stream()).map(row -> row.get(index));
  }

  private static String line(List<String> cells, int[] widths, boolean[] numeric) {
    return IntStream.range(0, widths.length)
        .mapToObj(
            i ->
                numeric[i]
                    ? Columns.padLeft(cells.get(i), widths[i])
                    : Columns.padRight(cells.get(i), widths[i]))
        .collect(Collectors.joining(GAP))
        .stripTrailing();
  }
}
