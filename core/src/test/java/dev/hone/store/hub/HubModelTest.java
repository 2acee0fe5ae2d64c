package dev.hone.store.hub;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.error.HoneException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Models from a server that behaves as the Hub does, well and badly. */
class HubModelTest {
  private static final Repo TINY = Repo.model("org/tiny");

  @TempDir private Path cache;
  private FakeHub fake;

  @BeforeEach
  void start() throws IOException {
    fake = new FakeHub().model(300_000);
  }

  @AfterEach
  void stop() {
    fake.close();
  }

  private Path pull(Repo repo, @Nullable String token) {
    return pull(fake.settings(cache, token), repo);
  }

  private static Path pull(HubSettings settings, Repo repo) {
    try (Hub hub = new Hub(settings)) {
      return hub.model(repo, Transfer.SILENT);
    }
  }

  private HubSettings offline() {
    HubSettings s = fake.settings(cache, null);
    return new HubSettings(
        s.endpoint(), s.cache(), s.token(), true, s.symlinks(), s.proxy(), s.pause());
  }

  private String refused(Repo repo, @Nullable String token) {
    String message =
        String.valueOf(assertThrows(HoneException.class, () -> pull(repo, token)).getMessage());
    assertEquals(1, message.lines().count(), message);
    return message;
  }

  private static Set<String> names(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(f -> f.getFileName().toString()).collect(Collectors.toSet());
    }
  }

  @Test
  void onlyWhatIsNeededComesIntoThePythonLayout() throws IOException {
    List<Long> totals = new ArrayList<>();
    List<Long> done = new ArrayList<>();
    Path folder;
    try (Hub hub = new Hub(fake.settings(cache, null))) {
      folder =
          hub.model(
              TINY,
              (d, t) -> {
                done.add(d);
                totals.add(t);
              });
    }
    Path repo = cache.resolve("models--org--tiny");
    assertEquals(repo.resolve("snapshots").resolve(FakeHub.COMMIT), folder);
    assertEquals(Set.of("config.json", "tokenizer.json", "model.safetensors"), names(folder));
    assertEquals(FakeHub.COMMIT, Files.readString(repo.resolve("refs/main")));
    Path link = Files.readSymbolicLink(folder.resolve("model.safetensors"));
    byte[] weights = fake.content("model.safetensors");
    assertEquals(Path.of("../../blobs/" + FakeHub.sha256(weights)), link);
    assertArrayEquals(weights, Files.readAllBytes(folder.resolve("model.safetensors")));
    assertEquals(3, names(repo.resolve("blobs")).size());
    assertEquals(totals.getFirst(), done.getLast());
    assertEquals(0, fake.count(".bin") + fake.count("onnx"));
  }

  @Test
  void theTokenGoesToTheHubAlone() {
    Path ignored = pull(TINY, "hf_secret");
    assertEquals(1, fake.count("store:GET"));
    assertTrue(
        fake.requests.stream().filter(r -> r.startsWith("store:")).allMatch(r -> r.contains(" - ")),
        fake.requests.toString());
    assertTrue(
        fake.requests.stream()
            .filter(r -> !r.startsWith("store:"))
            .allMatch(r -> r.contains("Bearer hf_secret")));
  }

  @Test
  void whatIsThereIsNotFetchedAgain() {
    Path first = pull(TINY, null);
    fake.requests.clear();
    assertEquals(first, pull(TINY, null));
    assertEquals(1, fake.requests.size(), fake.requests.toString());
    fake.requests.clear();
    assertEquals(first, pull(Repo.model("org/tiny@" + FakeHub.COMMIT), null));
    assertEquals(first, pull(offline(), TINY));
    assertEquals(0, fake.requests.size());
    fake.close();
    assertEquals(first, pull(TINY, null));
  }

  @Test
  void offlineWithoutTheWholeModelIsRefused() throws IOException {
    Path folder = pull(TINY, null);
    Files.delete(folder.resolve("model.safetensors"));
    HoneException e = assertThrows(HoneException.class, () -> pull(offline(), TINY));
    assertTrue(String.valueOf(e.getMessage()).contains("HF_HUB_OFFLINE"), e.getMessage());
    fake.close();
    assertTrue(refused(TINY, null).startsWith("cannot reach " + fake.address()));
  }

  @Test
  void aBreakIsGoneOnWithFromWhereItWas() throws IOException {
    fake.breakAfter = 100_000;
    fake.breaks = 2;
    Path folder = pull(TINY, null);
    assertArrayEquals(
        fake.content("model.safetensors"), Files.readAllBytes(folder.resolve("model.safetensors")));
    assertEquals(1, fake.count("bytes=100000-") / 2, fake.requests.toString()); // hub and store
    assertEquals(1, fake.count("bytes=200000-") / 2, fake.requests.toString());
  }

  @Test
  void aLaterCallGoesOnToo() throws IOException {
    fake.breakAfter = 0;
    fake.breaks = 100;
    assertTrue(refused(TINY, null).contains("the same command goes on"));
    fake.breaks = 0;
    byte[] weights = fake.content("model.safetensors");
    Path blobs = Files.createDirectories(cache.resolve("models--org--tiny/blobs"));
    Files.write(
        blobs.resolve(FakeHub.sha256(weights) + ".incomplete"),
        java.util.Arrays.copyOf(weights, 1234));
    fake.requests.clear();
    Path folder = pull(TINY, null);
    assertArrayEquals(weights, Files.readAllBytes(folder.resolve("model.safetensors")));
    assertEquals(2, fake.count("bytes=1234-"));
    assertFalse(names(blobs).stream().anyMatch(n -> n.endsWith(".incomplete")));
  }

  @Test
  void aServerWithoutRangesIsReadFromTheBeginning() throws IOException {
    fake.ranges = false;
    fake.breakAfter = 5_000;
    fake.breaks = 1;
    Path folder = pull(TINY, null);
    assertArrayEquals(
        fake.content("model.safetensors"), Files.readAllBytes(folder.resolve("model.safetensors")));
  }

  @Test
  void aWrongHashIsFetchedOnceMoreAndThenRefused() throws IOException {
    fake.lies = 1;
    Path folder = pull(TINY, null);
    assertArrayEquals(
        fake.content("model.safetensors"), Files.readAllBytes(folder.resolve("model.safetensors")));

    fake.with("model.safetensors", "other weights".repeat(100));
    fake.lies = 2;
    Files.delete(folder.resolve("model.safetensors"));
    assertTrue(refused(TINY, null).contains("another hash"));
    assertFalse(Files.exists(folder.resolve("model.safetensors")));
  }

  @Test
  void aBusyServerIsAskedAgain() {
    fake.failures.put("/revision/", new ArrayList<>(List.of(503, 429)));
    fake.failures.put("model.safetensors", new ArrayList<>(List.of(500, 502, 429)));
    fake.failureHeaders.put("Retry-After", "0");
    Path ignored = pull(TINY, null);
    assertEquals(3, fake.count("/revision/"));
  }

  @Test
  void theServersPauseIsKept() {
    fake.failures.put("/revision/", new ArrayList<>(List.of(429)));
    fake.failureHeaders.put("Retry-After", "1");
    long start = System.nanoTime();
    Path ignored = pull(TINY, null);
    assertTrue(System.nanoTime() - start >= 1_000_000_000L);
  }

  @Test
  void refusalsSayWhatToDo() {
    fake.failures.put("/revision/", new ArrayList<>(List.of(403, 401, 401, 404, 404, 403)));
    fake.failureHeaders.put("X-Error-Code", "GatedRepo");
    assertTrue(
        refused(TINY, null)
            .matches("org/tiny is gated: accept its terms on http.*/org/tiny, then sign in.*"));
    fake.failureHeaders.clear();
    assertTrue(refused(TINY, null).contains("put a token from"));
    assertTrue(refused(TINY, "old").contains("does not know the token"));
    assertTrue(refused(TINY, "good").startsWith("no model org/tiny on http"));
    fake.failureHeaders.put("X-Error-Code", "RevisionNotFound");
    assertTrue(refused(Repo.model("org/tiny@v9"), null).contains("has no revision 'v9'"));
    fake.failureHeaders.clear();
    assertTrue(refused(TINY, "good").contains("not allowed (HTTP 403, \"as told\")"));
    fake.failures.put("/revision/", new ArrayList<>(List.of(429, 429, 429, 429, 429)));
    assertTrue(refused(TINY, null).contains("too many requests"));
  }

  @Test
  void pagedListsAndShards() throws IOException {
    fake.siblings = false;
    byte[] weights = fake.content("model.safetensors");
    var ignored = fake.files.remove("model.safetensors");
    fake.with("model-00001-of-00002.safetensors", weights)
        .with("model-00002-of-00002.safetensors", "second")
        .with("consolidated.safetensors", "all of it once more")
        .with(
            ModelChoice.INDEX,
            """
            {"weight_map": {"a": "model-00001-of-00002.safetensors",
                            "b": "model-00002-of-00002.safetensors"}}""");
    Path folder = pull(TINY, null);
    assertEquals(
        Set.of(
            "config.json",
            "tokenizer.json",
            ModelChoice.INDEX,
            "model-00001-of-00002.safetensors",
            "model-00002-of-00002.safetensors"),
        names(folder));
    assertEquals(folder, pull(offline(), TINY));
    Files.delete(folder.resolve("model-00002-of-00002.safetensors"));
    assertThrows(HoneException.class, () -> pull(offline(), TINY));
  }

  @Test
  void picklesAreRefusedWithAdvice() {
    fake.files.remove("model.safetensors");
    assertTrue(refused(TINY, null).contains("only as pickle (pytorch_model.bin)"));
    assertFalse(Files.exists(cache.resolve("models--org--tiny/blobs")));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"../../evil", "a/../../evil", "/etc/evil", "a\\..\\evil", "c:evil", "a//b"})
  void namesThatLeadOutAreRefused(String name) {
    fake.with(name, "evil");
    assertTrue(refused(TINY, null).contains("leads out of its folder"), name);
  }

  @Test
  void anIndexThatLeadsOutIsRefused() {
    fake.files.remove("model.safetensors");
    fake.with(ModelChoice.INDEX, "{\"weight_map\": {\"a\": \"../../../x.safetensors\"}}");
    assertTrue(refused(TINY, null).contains("leads out of its folder"));
  }

  @Test
  void withoutLinksTheFilesAreThere() throws IOException {
    HubSettings s = fake.settings(cache, null);
    HubSettings plain =
        new HubSettings(s.endpoint(), s.cache(), s.token(), false, false, s.proxy(), s.pause());
    Path folder = pull(plain, TINY);
    assertFalse(Files.isSymbolicLink(folder.resolve("model.safetensors")));
    assertArrayEquals(
        fake.content("model.safetensors"), Files.readAllBytes(folder.resolve("model.safetensors")));
    fake.requests.clear();
    assertEquals(folder, pull(plain, TINY));
    assertEquals(1, fake.requests.size());
  }

  @Test
  void twoPullsAtOnceGiveOneBlob() throws Exception {
    List<Path> folders = Twice.both(() -> pull(TINY, null), () -> pull(TINY, null));
    assertEquals(folders.getFirst(), folders.getLast());
    assertEquals(1, fake.count("store:GET"), fake.requests.toString());
  }

  /** Runs two tasks at the same time. */
  private static final class Twice {
    static <T> List<T> both(
        java.util.concurrent.Callable<T> one, java.util.concurrent.Callable<T> two)
        throws Exception {
      try (var threads = java.util.concurrent.Executors.newVirtualThreadPerTaskExecutor()) {
        var first = threads.submit(one);
        var second = threads.submit(two);
        return List.of(first.get(), second.get());
      }
    }
  }
}
