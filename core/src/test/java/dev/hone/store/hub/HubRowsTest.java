package dev.hone.store.hub;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.error.HoneException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HubRowsTest {
  @TempDir private Path cache;

  private static List<String> among(String address, String... files) {
    return RowsChoice.of(address).among(List.of(files));
  }

  private static String refused(String address, String... files) {
    return String.valueOf(
        assertThrows(HoneException.class, () -> among(address, files)).getMessage());
  }

  @Test
  void theTrainFilesOfARepository() {
    String repo = "hf://datasets/o/n";
    assertEquals(
        List.of("data/train-0.parquet", "data/train-1.parquet"),
        among(
            repo,
            "README.md",
            "data/test-0.parquet",
            "data/train-1.parquet",
            "data/train-0.parquet"));
    assertEquals(List.of("train.jsonl"), among(repo, "train.jsonl", "train.csv", "dev.jsonl"));
    assertEquals(List.of("all.csv"), among(repo, "all.csv", "test.csv"));
    assertEquals(List.of("contest.csv"), among(repo, "contest.csv"));
    assertEquals(List.of("x/test.csv"), among(repo + "/x/test.csv", "x/test.csv", "train.csv"));
    assertEquals(
        List.of("b/train.parquet"), among(repo + "/b", "a/train.parquet", "b/train.parquet"));
    assertEquals(
        List.of("a/t-1.parquet", "a/t-2.parquet"),
        among(repo + "/a/t-*.parquet", "a/t-1.parquet", "a/t-2.parquet", "a/x.parquet"));
  }

  @Test
  void whatIsNotClearIsRefused() {
    String repo = "hf://datasets/o/n";
    assertTrue(
        refused(repo, "a/train.parquet", "b/train.parquet").contains("several sets of rows"));
    assertTrue(refused(repo, "README.md").contains("no such file or folder with rows"));
    assertTrue(refused(repo, "test.csv").contains("no rows to train on"));
    assertTrue(refused(repo + "/trian.csv", "train.csv").contains("did you mean 'train.csv'"));
    assertTrue(refused("hf://datasets/only").contains("no address of rows"));
    assertTrue(refused("hf://datasets/o/n/../../x").contains("leads out"));
  }

  @Test
  void revisions() {
    assertEquals("v2", RowsChoice.of("hf://datasets/o/n@v2/a.csv").repo().revision());
    RowsChoice converted = RowsChoice.of("hf://datasets/o/n@refs/convert/parquet/default/train");
    assertEquals("refs/convert/parquet", converted.repo().revision());
    assertEquals("default/train", converted.path());
  }

  @Test
  void rowsComeIntoTheCacheAndStayThere() throws IOException {
    try (FakeHub fake =
        new FakeHub().with("data/train.parquet", "rows").with("test.csv", "a\n1\n")) {
      List<Path> files;
      try (Hub hub = new Hub(fake.settings(cache, null))) {
        files = hub.rows("hf://datasets/org/tiny", Transfer.SILENT);
      }
      Path snapshot = cache.resolve("datasets--org--tiny/snapshots").resolve(FakeHub.COMMIT);
      assertEquals(List.of(snapshot.resolve("data/train.parquet")), files);
      assertEquals("rows", Files.readString(files.getFirst()));
      assertEquals(
          Path.of(
              "../../../blobs/"
                  + FakeHub.sha256("rows".getBytes(java.nio.charset.StandardCharsets.UTF_8))),
          Files.readSymbolicLink(files.getFirst()));
      fake.close();
      try (Hub hub = new Hub(fake.settings(cache, null))) {
        assertEquals(files, hub.rows("hf://datasets/org/tiny", Transfer.SILENT));
        assertEquals(files, hub.rows("hf://datasets/org/tiny/data/train.parquet", Transfer.SILENT));
      }
    }
  }
}
