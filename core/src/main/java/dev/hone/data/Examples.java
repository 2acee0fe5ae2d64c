package dev.hone.data;

import dev.hone.config.Place;
import dev.hone.data.DataConfig.Format;
import java.util.Comparator;
import java.util.List;

/**
 * The rows of some files, understood.
 *
 * @param format what all of them are
 * @param dropped rows that hold nothing to learn
 */
public record Examples(List<Example> rows, Format format, List<Dropped> dropped) {

  /**
   * Reads {@code data.path}, at most {@code data.limit} rows of it.
   *
   * @throws dev.hone.error.HoneException for the first broken file, row or column, and when more
   *     than {@code data.maxDropped} of the rows hold nothing to learn
   */
  public static Examples read(DataConfig config) {
    Examples all = read(config.path(), config);
    if (config.limit() == 0 || all.rows().size() <= config.limit()) {
      return all;
    }
    // The rows with the lowest hashes are the same ones in whatever order the files list them.
    Placement placement = new Placement(config.split().seed());
    List<Example> chosen =
        all.rows().stream()
            .map(e -> new Placed(placement.of(Content.whole(e)), e))
            .sorted(
                Comparator.comparingLong(Placed::place)
                    .thenComparing(p -> Content.exact(p.example()))
                    .thenComparing(p -> p.example().origin()))
            .limit(config.limit())
            .map(Placed::example)
            .toList();
    return new Examples(chosen, all.format(), all.dropped());
  }

  /** Reads other files whose rows are of the same kind, such as {@code split.testPath}. */
  public static Examples read(List<Place> paths, DataConfig config) {
    ExampleReader reader = new ExampleReader(config);
    Rows.read(paths, config.header(), reader);
    Examples examples = reader.examples();
    Dropped.check(
        examples.dropped(),
        examples.rows().size() + examples.dropped().size(),
        config.maxDropped());
    return examples;
  }

  /** All rows, the dropped ones included. */
  public int rowsRead() {
    return rows.size() + dropped.size();
  }

  private record Placed(long place, Example example) {}
}
