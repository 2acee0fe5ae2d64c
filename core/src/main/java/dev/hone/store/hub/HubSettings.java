package dev.hone.store.hub;

import dev.hone.error.HoneException;
import java.io.IOException;
import java.net.ProxySelector;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Where the Hub is and where its files go, from the variables that Hugging Face's own tools read:
 * HF_ENDPOINT, HF_HOME, HF_HUB_CACHE, HF_TOKEN, HF_TOKEN_PATH, HF_HUB_OFFLINE,
 * HF_HUB_DISABLE_SYMLINKS, and HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY.
 *
 * @param token empty for somebody who is not signed in
 * @param offline nothing is asked of the network
 * @param symlinks snapshots are links to blobs, as long as the file system has them
 * @param pause before the first repetition of a request that failed; it doubles each time
 */
public record HubSettings(
    URI endpoint,
    Path cache,
    Optional<String> token,
    boolean offline,
    boolean symlinks,
    ProxySelector proxy,
    Duration pause) {
  private static final String PUBLIC = "https://huggingface.co";
  private static final Set<String> TRUE = Set.of("1", "ON", "YES", "TRUE");

  /** This process's; a system property of the same name comes before a variable. */
  public static HubSettings system() {
    return of(
        name -> System.getProperty(name, System.getenv(name)),
        Path.of(System.getProperty("user.home")));
  }

  static HubSettings of(Function<String, @Nullable String> variables, Path user) {
    Function<String, Optional<String>> get =
        name ->
            Optional.ofNullable(variables.apply(name))
                .map(String::strip)
                .filter(value -> !value.isEmpty());
    Path caches = get.apply("XDG_CACHE_HOME").map(Path::of).orElse(user.resolve(".cache"));
    Path home = get.apply("HF_HOME").map(h -> path(h, user)).orElse(caches.resolve("huggingface"));
    Path cache =
        get.apply("HF_HUB_CACHE")
            .or(() -> get.apply("HUGGINGFACE_HUB_CACHE"))
            .map(c -> path(c, user))
            .orElse(home.resolve("hub"));
    Path tokenFile =
        get.apply("HF_TOKEN_PATH").map(t -> path(t, user)).orElse(home.resolve("token"));
    Optional<String> token =
        get.apply("HF_TOKEN")
            .or(() -> get.apply("HUGGING_FACE_HUB_TOKEN"))
            .or(
                () ->
                    isTrue(get, "HF_HUB_DISABLE_IMPLICIT_TOKEN")
                        ? Optional.empty()
                        : read(tokenFile));
    return new HubSettings(
        endpoint(get.apply("HF_ENDPOINT").orElse(PUBLIC)),
        cache.toAbsolutePath().normalize(),
        token.map(HubSettings::checked),
        isTrue(get, "HF_HUB_OFFLINE") || isTrue(get, "TRANSFORMERS_OFFLINE"),
        !isTrue(get, "HF_HUB_DISABLE_SYMLINKS"),
        Proxies.of(get),
        Duration.ofSeconds(1));
  }

  private static boolean isTrue(Function<String, Optional<String>> get, String name) {
    return get.apply(name).filter(v -> TRUE.contains(v.toUpperCase(Locale.ROOT))).isPresent();
  }

  private static Path path(String text, Path user) {
    return text.equals("~") || text.startsWith("~/")
        ? Path.of(user + text.substring(1))
        : Path.of(text);
  }

  private static URI endpoint(String text) {
    URI uri;
    try {
      uri = URI.create(text.replaceFirst("/+$", ""));
    } catch (IllegalArgumentException e) {
      throw wrongEndpoint(text);
    }
    if (uri.getHost() == null || uri.getScheme() == null || !uri.getScheme().startsWith("http")) {
      throw wrongEndpoint(text);
    }
    return uri;
  }

  private static HoneException wrongEndpoint(String text) {
    return new HoneException("HF_ENDPOINT is '" + text + "', expected an address like " + PUBLIC);
  }

  private static Optional<String> read(Path file) {
    try {
      return Files.isRegularFile(file)
          ? Optional.of(Files.readString(file).strip()).filter(t -> !t.isEmpty())
          : Optional.empty();
    } catch (IOException e) {
      throw new HoneException("cannot read the token in " + file + ": " + e.getMessage(), e);
    }
  }

  /** A token goes into a header: one with a line break in it would make another header. */
  private static String checked(String token) {
    if (token.chars().anyMatch(c -> c <= ' ' || c > '~')) {
      throw new HoneException("the Hub's token holds blanks or odd letters; copy it again");
    }
    return token;
  }

  /** The token stays out of logs and messages. */
  @Override
  public String toString() {
    return endpoint + ", cache " + cache + (token.isPresent() ? ", signed in" : "");
  }
}
