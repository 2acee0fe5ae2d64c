package dev.hone.store.hub;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.error.HoneException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

class HubPushTest {
  private static final Repo TINY = Repo.model("org/tiny");

  @TempDir private Path folder;
  private FakeHub fake;
  private byte[] weights;
  private List<Payload> files;
  private final List<Long> moved = new ArrayList<>();

  @BeforeEach
  void start() throws IOException {
    fake = new FakeHub();
    fake.exists = false;
    weights = new byte[10_000];
    new java.util.Random(1).nextBytes(weights);
    Path file = Files.write(folder.resolve("adapter_model.safetensors"), weights);
    files =
        List.of(
            Payload.of("adapter_model.safetensors", file), Payload.of("README.md", "# größer\n"));
  }

  @AfterEach
  void stop() {
    fake.close();
  }

  private String push(Repo repo, boolean hidden, @Nullable String token) {
    try (Hub hub = new Hub(fake.settings(folder, token))) {
      return hub.push(repo, hidden, files, "from a test", (d, t) -> moved.add(d));
    }
  }

  private void requireCommit() {
    assertEquals(3, fake.commit.size());
    JsonNode header = fake.commit.get(0);
    assertEquals("header", header.path("key").asString());
    assertEquals("from a test", header.path("value").path("summary").asString());
    JsonNode card = fake.commit.get(1);
    assertEquals("file", card.path("key").asString());
    assertEquals(
        "# größer\n",
        new String(
            java.util.Base64.getDecoder().decode(card.path("value").path("content").asString()),
            StandardCharsets.UTF_8));
    JsonNode large = fake.commit.get(2).path("value");
    assertEquals("lfsFile", fake.commit.get(2).path("key").asString());
    assertEquals(FakeHub.sha256(weights), large.path("oid").asString());
    assertEquals(weights.length, large.path("size").asInt());
    assertArrayEquals(weights, fake.received.get(FakeHub.sha256(weights)));
  }

  @Test
  void aNewRepositoryInOnePiece() {
    assertEquals(fake.address() + "/org/tiny/commit/1", push(TINY, true, "hf_w"));
    requireCommit();
    assertEquals(weights.length, moved.getLast());
    assertEquals(1, fake.count("/verify"));
    assertTrue(
        fake.requests.stream()
            .filter(r -> r.startsWith("store:"))
            .allMatch(r -> r.contains(" - ")));
  }

  @Test
  void inPartsOverABusyStore() {
    fake.chunk = 3_000;
    fake.failures.put("/2", new ArrayList<>(List.of(500)));
    String ignored = push(TINY, false, "hf_w");
    requireCommit();
    assertEquals(4 + 1, fake.count("store:PUT"));
    assertEquals(weights.length, moved.getLast());
  }

  @Test
  void whatIsThereIsNotSentAgain() {
    String first = push(TINY, false, "hf_w");
    long sent = fake.count("store:PUT");
    assertEquals(first, push(Repo.model("org/tiny@try"), false, "hf_w"));
    assertEquals(sent, fake.count("store:PUT"));
    assertEquals(1, fake.count("/branch/try"));
    assertEquals(1, fake.count("/commit/try"));
  }

  @Test
  void privateMeansPrivate() {
    fake.exists = true;
    HoneException e = assertThrows(HoneException.class, () -> push(TINY, true, "hf_w"));
    assertTrue(String.valueOf(e.getMessage()).contains("there already and public"), e.getMessage());
    assertTrue(fake.received.isEmpty());
    fake.open = false;
    String ignored = push(TINY, true, "hf_w");
    requireCommit();
  }

  @Test
  void nobodyIsSignedIn() {
    HoneException e = assertThrows(HoneException.class, () -> push(TINY, false, null));
    assertTrue(String.valueOf(e.getMessage()).startsWith("nobody is signed in"), e.getMessage());
    assertEquals(0, fake.requests.size());
  }
}
