package dev.hone.store.hub;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.error.HoneException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HubSettingsTest {
  @TempDir private Path user;

  private HubSettings of(Map<String, String> variables) {
    return HubSettings.of(variables::get, user);
  }

  @Test
  void theUsualPlaces() {
    HubSettings plain = of(Map.of());
    assertEquals(URI.create("https://huggingface.co"), plain.endpoint());
    assertEquals(user.resolve(".cache/huggingface/hub"), plain.cache());
    assertEquals(Optional.empty(), plain.token());
    assertFalse(plain.offline());
    assertEquals(user.resolve("h/hub"), of(Map.of("HF_HOME", user + "/h")).cache());
    assertEquals(user.resolve("h/hub"), of(Map.of("HF_HOME", "~/h")).cache());
    assertEquals(
        user.resolve("x/huggingface/hub"), of(Map.of("XDG_CACHE_HOME", user + "/x")).cache());
    assertEquals(
        user.resolve("c"), of(Map.of("HF_HOME", "/h", "HF_HUB_CACHE", user + "/c")).cache());
    assertTrue(of(Map.of("HF_HUB_OFFLINE", "true")).offline());
    assertEquals(
        URI.create("http://mirror:8080/hf"),
        of(Map.of("HF_ENDPOINT", "http://mirror:8080/hf/")).endpoint());
    assertThrows(HoneException.class, () -> of(Map.of("HF_ENDPOINT", "mirror")));
  }

  @Test
  void theTokenIsFoundAndNeverShown() throws IOException {
    Path home = Files.createDirectories(user.resolve(".cache/huggingface"));
    Files.writeString(home.resolve("token"), "hf_file\n");
    Path other = Files.writeString(user.resolve("t"), "hf_other");
    assertEquals(Optional.of("hf_file"), of(Map.of()).token());
    assertEquals(Optional.of("hf_other"), of(Map.of("HF_TOKEN_PATH", other.toString())).token());
    HubSettings env = of(Map.of("HF_TOKEN", "hf_env "));
    assertEquals(Optional.of("hf_env"), env.token());
    assertFalse(env.toString().contains("hf_env"));
    HoneException e =
        assertThrows(HoneException.class, () -> of(Map.of("HF_TOKEN", "hf_a\r\nX: b")));
    assertFalse(String.valueOf(e.getMessage()).contains("hf_a"));
  }

  @Test
  void proxies() {
    var proxy =
        of(Map.of("HTTPS_PROXY", "http://127.0.0.1:3128", "NO_PROXY", "localhost, .inside.example"))
            .proxy();
    Proxy found = proxy.select(URI.create("https://hub.example/x")).getFirst();
    assertEquals(new InetSocketAddress("127.0.0.1", 3128), found.address());
    for (String direct :
        new String[] {"https://localhost/", "https://a.inside.example/", "http://hub.example/"}) {
      assertEquals(Proxy.NO_PROXY, proxy.select(URI.create(direct)).getFirst(), direct);
    }
    HoneException e =
        assertThrows(HoneException.class, () -> of(Map.of("HTTPS_PROXY", "socks5://u:secret@h:1")));
    assertFalse(String.valueOf(e.getMessage()).contains("secret"));
  }

  @Test
  void names() {
    assertEquals("v1.0", Repo.model("a/b@v1.0").revision());
    assertEquals("a/b", Repo.model("hf://a/b").id());
    for (String wrong : new String[] {"a/b/c", "../b", "a/..", "a/b@../x", "a b/c", "a--b/c", ""}) {
      assertThrows(HoneException.class, () -> Repo.model(wrong), wrong);
    }
    Path snapshot = user.resolve("models--a--b/snapshots/" + FakeHub.COMMIT);
    assertEquals("a/b", Repo.ofSnapshot(snapshot).orElseThrow().id());
    assertEquals(Optional.empty(), Repo.ofSnapshot(user));
  }
}
