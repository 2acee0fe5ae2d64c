package dev.hone.store;

import java.nio.file.Path;
import java.util.Optional;

/**
 * Where Hone keeps what it can work out again: HONE_CACHE (a variable or a system property), or
 * {@code hone} in the user's folder of caches. What is in it may be removed at any time.
 */
public final class CacheFolder {
  private CacheFolder() {}

  /** A folder in it; not made yet. */
  public static Path of(String kind) {
    Path root =
        setting("HONE_CACHE")
            .map(Path::of)
            .or(() -> setting("XDG_CACHE_HOME").map(caches -> Path.of(caches, "hone")))
            .orElseGet(() -> Path.of(System.getProperty("user.home"), ".cache", "hone"));
    return root.resolve(kind);
  }

  private static Optional<String> setting(String name) {
    return Optional.ofNullable(System.getProperty(name, System.getenv(name)))
        .filter(value -> !value.isBlank());
  }
}
