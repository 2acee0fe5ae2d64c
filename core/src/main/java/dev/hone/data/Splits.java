package dev.hone.data;

import dev.hone.config.Place;
import dev.hone.error.HoneException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
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
    DataConfig same = config.of(rows.format());
    return of(
            rows,
            given(config.split().validationPath(), same),
            given(config.split().testPath(), same),
            config.split())
        .learningFrom(config.split().learnFrom(), config.split().learnFromSeed());
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
   * The same with fewer rows to learn from; training and validation keep their proportion. Fewer of
   * one seed are among more of it.
   *
   * @param most rows, 0 for all
   */
  Splits learningFrom(int most, long seed) {
    int all = train.size() + validation.size();
    if (most == 0 || most >= all) {
      return this;
    }
    Placement placement = new Placement(seed);
    int forTraining = Math.max(1, (int) Math.round((double) most * train.size() / all));
    List<List<Example>> sides =
        List.of(
            first(train, forTraining, placement),
            first(validation, most - forTraining, placement),
            test);
    SplitCheck.everyLabelIsTrained(sides);
    return new Splits(
        format,
        sides.get(0),
        sides.get(1),
        test,
        SplitCheck.report(report, sides, report.dropped()));
  }

  private static List<Example> first(List<Example> rows, int count, Placement placement) {
    return rows.stream()
        .sorted(Comparator.comparingLong(e -> placement.of(Content.whole(e))))
        .limit(count)
        .toList();
  }

  /** The same without training and validation rows that say what one of these says. */
  public Splits without(List<Example> held) {
    if (held.isEmpty()) {
      return this;
    }
    Set<String> contents = held.stream().map(Content::whole).collect(Collectors.toSet());
    Predicate<Example> isHeld = e -> contents.contains(Content.whole(e));
    List<List<Example>> sides =
        List.of(
            train.stream().filter(isHeld.negate()).toList(),
            validation.stream().filter(isHeld.negate()).toList(),
            test);
    List<Dropped> dropped = new ArrayList<>(report.dropped());
    Stream.of(train, validation)
        .flatMap(List::stream)
        .filter(isHeld)
        .forEach(e -> dropped.add(new Dropped(e.origin(), "a later stage is measured on it")));
    if (sides.getFirst().isEmpty()) {
      throw new HoneException(
          "no row is left to train on: later stages are measured on all of them; give this stage"
              + " more rows");
    }
    return new Splits(
        format, sides.get(0), sides.get(1), test, SplitCheck.report(report, sides, dropped));
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
