package dev.hone.config;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Where something lies: on this machine, or under a name on the Hugging Face Hub. */
public final class Place {
  private static final String SCHEME = "hf://";

  /** Owner and name as the Hub allows them, with a revision behind '@'. */
  private static final Pattern REPOSITORY =
      Pattern.compile("[A-Za-z0-9][\\w.-]*/[A-Za-z0-9][\\w.-]*(@[\\w./-]+)?");

  private final String name;

  private Place(String name) {
    this.name = name;
  }

  /** A place on this machine. */
  public static Place of(Path path) {
    return new Place(path.toAbsolutePath().normalize().toString());
  }

  /**
   * What a text means: what lies there comes first, then the Hub.
   *
   * @param folder that a relative path is relative to
   * @throws java.nio.file.InvalidPathException where it can be neither
   */
  static Place read(String text, Path folder) {
    if (text.startsWith(SCHEME)) {
      return new Place(text);
    }
    return isRepository(text, folder) ? new Place(text) : of(folder.resolve(text));
  }

  /**
   * Whether a text means a repository: it has the form of one, and nothing here has that name. A
   * misspelt file in a folder that is here is a mistake, and nobody else's business.
   */
  public static boolean isRepository(String text, Path folder) {
    return hasForm(text) && !Files.exists(folder.resolve(text.substring(0, text.indexOf('/'))));
  }

  private static boolean hasForm(String text) {
    return REPOSITORY.matcher(text).matches();
  }

  /** An absolute path, {@code hf://...}, or {@code owner/name}. */
  public String name() {
    return name;
  }

  /** Whether it says {@code hf://}. */
  public boolean onHub() {
    return name.startsWith(SCHEME);
  }

  /** Empty for a name on the Hub, and for {@code a/b} where no such folder is. */
  public Optional<Path> path() {
    if (onHub() || hasForm(name)) {
      return Optional.empty();
    }
    return Optional.of(Path.of(name));
  }

  /** The last part of the path or of the repository's name. */
  public String shortName() {
    String end = name.substring(Math.max(name.lastIndexOf('/'), name.lastIndexOf('\\')) + 1);
    return end.isEmpty() ? name : end;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Place place && place.name.equals(name);
  }

  @Override
  public int hashCode() {
    return name.hashCode();
  }

  @Override
  public String toString() {
    return name;
  }
}
