package dev.hone.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.config.Place;
import dev.hone.data.DataConfig.Format;
import dev.hone.data.DataConfig.Split;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SplitsTest {
  @TempDir Path folder;

  @Test
  void sharesAreExactAndStratified() {
    List<Example> rows = new ArrayList<>();
    Random random = new Random(1);
    for (int i = 0; i < 1_000; i++) {
      rows.add(new Example.Labelled(words(random, 8), "l" + i % 7, "f:" + i));
    }
    Splits splits = split(rows, share(0.1, 0.2));
    assertEquals(Map.of("train", 700, "validation", 100, "test", 200), splits.report().sizes());
    double share = 100 / 7.0;
    counts(splits, "test").forEach(n -> assertEquals(2 * share, n, 1.01));
    counts(splits, "validation").forEach(n -> assertEquals(share, n, 1.01));
    assertEquals(0, splits.report().sharedGroups());
  }

  @Test
  void rareLabelsAddUpToTheShares() {
    List<Example> rows = new ArrayList<>();
    Random random = new Random(2);
    for (int i = 0; i < 200; i++) {
      rows.add(new Example.Labelled(words(random, 8), "l" + i / 2, "f:" + i));
    }
    Splits splits = split(rows, share(0.1, 0.2));
    assertEquals(Map.of("train", 140, "validation", 20, "test", 40), splits.report().sizes());
    assertEquals(100, Example.labels(splits.train()).size());
  }

  /** Compared with every pair of rows, not with the index that the splitter uses. */
  @Test
  void duplicatesAndTheOrderOfRowsNeverMatter() {
    Random random = new Random(3);
    for (int round = 0; round < 20; round++) {
      List<Example> rows = rowsWithDuplicates(random, 200);
      double threshold = 0.5 + 0.1 * random.nextInt(5);
      Split config = new Split(0.15, 0.2, round, threshold, List.of(), List.of());
      Splits splits = split(rows, config);
      List<Example> all = new ArrayList<>();
      Map<Example, Integer> side = new HashMap<>();
      int number = 0;
      for (List<Example> part : List.of(splits.train(), splits.validation(), splits.test())) {
        all.addAll(part);
        for (Example e : part) {
          side.put(e, number);
        }
        number++;
      }
      assertEquals(rows.size(), all.size());
      for (int i = 0; i < all.size(); i++) {
        long[] shingles = Shingles.of(Content.whole(all.get(i)));
        for (int j = 0; j < i; j++) {
          if (!Objects.equals(side.get(all.get(i)), side.get(all.get(j)))) {
            String other = Content.whole(all.get(j));
            assertNotEquals(Content.whole(all.get(i)), other);
            double like = Shingles.jaccard(shingles, Shingles.of(other));
            assertTrue(like < threshold, all.get(i) + " is like " + all.get(j));
          }
        }
      }
      assertTrue(splits.report().duplicateGroups() > 0);
      Collections.shuffle(rows, random);
      assertEquals(splits, split(rows, config));
    }
  }

  @Test
  void theSeedMovesRows() {
    List<Example> rows = rowsWithDuplicates(new Random(4), 200);
    assertNotEquals(
        split(rows, new Split(0.1, 0.2, 1, 0.8, List.of(), List.of())).test(),
        split(rows, new Split(0.1, 0.2, 2, 0.8, List.of(), List.of())).test());
  }

  @Test
  void moreRowsMoveFewOfTheOthers() {
    Random random = new Random(5);
    List<Example> rows = new ArrayList<>();
    for (int i = 0; i < 1_000; i++) {
      rows.add(new Example.Text(words(random, 8), "f:" + i));
    }
    List<Example> before = split(rows.subList(0, 990), share(0.1, 0.2)).test();
    List<Example> after = split(rows, share(0.1, 0.2)).test();
    assertTrue(before.stream().filter(after::contains).count() >= before.size() - 10);
  }

  @Test
  void equalQuestionsStayTogetherButAnInstructionDoesNotCount() {
    Random random = new Random(6);
    List<Example> rows = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      rows.add(new Example.Completion("question " + i / 2, words(random, 12), "f:" + i));
    }
    Splits splits = split(rows, share(0.1, 0.2));
    assertEquals(100, splits.report().duplicateGroups());
    assertEquals(40, splits.test().size());
    List<Example> same = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      same.add(new Example.Completion("write something", words(random, 12), "f:" + i));
    }
    assertEquals(0, split(same, share(0.1, 0.2)).report().duplicateGroups());
  }

  @Test
  void rowsThatDuplicateAGivenSplitAreDropped() throws IOException {
    Path train =
        write("train.csv", "text,label\nA  Cat,x\na dog,y\na bird,x\na fish,y\nbig bear,x\n");
    Path validation = write("val.csv", "text,label\na dog,y\nbig  bear,x\n");
    Path test = write("test.csv", "text,label\na cat,x\nBIG BEAR,x\n");
    Splits splits =
        Splits.read(
            Configs.of(
                List.of(train),
                null,
                Map.of(),
                List.of(),
                0,
                0.05,
                new Split(
                    0.1, 0.2, 1, 0.8, List.of(Place.of(validation)), List.of(Place.of(test)))));
    assertEquals(Map.of("train", 2, "validation", 1, "test", 2), splits.report().sizes());
    assertEquals(9, splits.report().rowsRead());
    assertEquals(4, splits.report().dropped().size());
    assertTrue(
        splits
            .report()
            .dropped()
            .contains(new Dropped(validation + ":3", "duplicates a row of the test file")));
    assertTrue(
        splits
            .report()
            .dropped()
            .contains(new Dropped(train + ":3", "duplicates a row of the validation file")));
  }

  @Test
  void refusesSplitsThatCannotBeHonest() throws IOException {
    List<Example> once =
        List.of(
            new Example.Labelled("one two", "a", "f:1"),
            new Example.Labelled("three four", "a", "f:2"),
            new Example.Labelled("five six", "b", "f:3"));
    Refused.with("f:3: label 'b' occurs only here", () -> split(once, share(0.1, 0.4)));
    assertEquals(3, split(once, share(0, 0)).train().size());
    List<Example> copies = new ArrayList<>(once);
    copies.add(new Example.Labelled("FIVE  six", "b", "f:4"));
    Refused.with("occurs only here and in duplicates", () -> split(copies, share(0.1, 0.4)));
    Refused.with(
        "data.split.validation 0.1 of 2 rows gives no row",
        () -> split(once.subList(0, 2), share(0.1, 0.4)));
    Refused.with("leave no row to train on", () -> split(once, share(0.5, 0.5)));
    Path train = write("train.csv", "text,label\na,dog\nb,cat\n");
    Path test = write("test.csv", "text,label\nc,dogs\n");
    Refused.with(
        "test.csv:2: label 'dogs' is in the test rows but in no training row (did you mean 'dog'?)",
        () ->
            Splits.read(
                Configs.of(
                    List.of(train),
                    null,
                    Map.of(),
                    List.of(),
                    0,
                    0,
                    new Split(0, 0.2, 1, 0.8, List.of(), List.of(Place.of(test))))));
  }

  @Test
  void aHundredThousandRowsTakeSeconds() {
    Random random = new Random(7);
    List<Example> rows = rowsWithDuplicates(random, 100_000);
    long start = System.nanoTime();
    Splits splits = split(rows, share(0.1, 0.2));
    double seconds = (System.nanoTime() - start) / 1e9;
    assertEquals(20_000, splits.test().size(), 3);
    assertTrue(seconds < 20, seconds + " s");
  }

  @Test
  void splitsTheSharedIntents() {
    Path shared = Path.of(System.getProperty("hone.root")).resolve("../shared");
    Assumptions.assumeTrue(Files.isDirectory(shared), "no shared data here");
    Splits splits =
        Splits.read(
            Configs.columns(
                Map.of("label", "category"), shared.resolve("data/banking77/train.csv")));
    assertEquals(10_003, splits.report().rowsRead());
    assertEquals(2_001, splits.test().size(), 2);
    assertEquals(77, Example.labels(splits.test()).size());
    assertTrue(splits.report().duplicateGroups() > 0);
  }

  private static Splits split(List<? extends Example> rows, Split config) {
    return Splits.of(new Examples(List.copyOf(rows), Format.TEXT, List.of()), null, null, config);
  }

  private static Collection<Integer> counts(Splits splits, String side) {
    return splits.report().labels().getOrDefault(side, Map.of()).values();
  }

  private static Split share(double validation, double test) {
    return new Split(validation, test, 1, 0.8, List.of(), List.of());
  }

  private static List<Example> rowsWithDuplicates(Random random, int count) {
    List<Example> rows = new ArrayList<>();
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      String text = words(random, 4 + random.nextInt(25));
      if (!texts.isEmpty() && random.nextInt(5) == 0) {
        text = texts.get(random.nextInt(texts.size()));
        switch (random.nextInt(3)) {
          case 0 -> text = text.toUpperCase(Locale.ROOT) + " ";
          case 1 -> text = text.replaceFirst(" ", ",  ");
          default -> text = text + " " + words(random, 1 + random.nextInt(3));
        }
      }
      texts.add(text);
      rows.add(new Example.Labelled(text, "l" + random.nextInt(3), "f:" + i));
    }
    return rows;
  }

  private static String words(Random random, int count) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < count; i++) {
      text.append(i == 0 ? "" : " ").append("w").append(random.nextInt(5_000));
    }
    return text.toString();
  }

  private Path write(String name, String text) throws IOException {
    return Files.writeString(folder.resolve(name), text);
  }
}
