package dev.hone.data;

import dev.hone.config.Place;
import dev.hone.error.HoneException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Rows to train on, to choose by and to be measured on. Which split a row falls into depends on the
 * rows and the seed, never on their order in the files; rows that say the same always fall into the
 * same split.
 *
 * @param format what all rows are
 */
public record Splits(
    DataConfig.Format format,
    List<Example> train,
    List<Example> validation,
    List<Example> test,
    SplitReport report) {

  static final List<String> NAMES = List.of("train", "validation", "test");

  /**
   * Reads and splits what a recipe names.
   *
   * @throws HoneException for broken files, and where no honest split is possible
   */
  public static Splits read(DataConfig config) {
    Examples rows = Examples.read(config);
    DataConfig same =
        new DataConfig(
            config.path(),
            rows.format(),
            config.columns(),
            config.header(),
            config.prompt(),
            config.answer(),
            config.maxTokens(),
            config.stride(),
            config.maxDropped(),
            config.limit(),
            config.split());
    return of(
        rows,
        given(config.split().validationPath(), same),
        given(config.split().testPath(), same),
        config.split());
  }

  /**
   * Splits rows by shares, but takes validation or test rows that are given. Rows that duplicate
   * one in a given split are dropped from the others.
   */
  public static Splits of(
      Examples rows,
      @Nullable Examples validation,
      @Nullable Examples test,
      DataConfig.Split config) {
    List<Entry> entries = new ArrayList<>();
    List<Dropped> dropped = new ArrayList<>();
    Placement placement = new Placement(config.seed());
    List<Examples> sources = new ArrayList<>();
    sources.add(rows);
    sources.add(
        validation == null ? new Examples(List.of(), rows.format(), List.of()) : validation);
    sources.add(test == null ? new Examples(List.of(), rows.format(), List.of()) : test);
    int rowsRead = sources.stream().mapToInt(Examples::rowsRead).sum();
    for (int given = 0; given < sources.size(); given++) {
      dropped.addAll(sources.get(given).dropped());
      for (Example e : sources.get(given).rows()) {
        String content = Content.whole(e);
        entries.add(new Entry(e, content, placement.of(content), given == 0 ? null : given));
      }
    }
    // From here on the order of the input is forgotten.
    entries.sort(
        Comparator.comparingLong(Entry::place)
            .thenComparing(e -> Content.exact(e.example()))
            .thenComparing(e -> e.example().origin()));
    List<Duplicates> groups = Duplicates.of(entries, config.nearDuplicate());
    double validationShare = validation == null ? config.validation() : 0;
    double testShare = test == null ? config.test() : 0;
    int[] split = new Shares(validationShare, testShare).place(entries, groups, dropped);

    List<List<Example>> sides = List.of(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
    for (int i = 0; i < split.length; i++) {
      if (split[i] >= 0) {
        sides.get(split[i]).add(entries.get(i).example());
      }
    }
    SplitReport report = SplitCheck.report(rowsRead, groups, split, sides, dropped);
    SplitCheck.everyLabelIsTrained(sides);
    return new Splits(
        rows.format(),
        List.copyOf(sides.get(0)),
        List.copyOf(sides.get(1)),
        List.copyOf(sides.get(2)),
        report);
  }

  /**
   * One row on its way.
   *
   * @param content normalised
   * @param place its seeded hash
   * @param given the split whose file it comes from, or null where shares decide
   */
  record Entry(Example example, String content, long place, @Nullable Integer given) {}

  private static @Nullable Examples given(List<Place> paths, DataConfig config) {
    return paths.isEmpty() ? null : Examples.read(paths, config);
  }
}
