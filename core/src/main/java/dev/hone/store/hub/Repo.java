package dev.hone.store.hub;

import dev.hone.error.HoneException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A repository on the Hub at one revision.
 *
 * @param id {@code owner/name}; some of the oldest models have no owner
 * @param revision a branch, a tag or a commit
 */
public record Repo(Kind kind, String id, String revision) {
  static final String MAIN = "main";

  /** What a repository holds. */
  public enum Kind {
    MODEL("models", ""),
    DATASET("datasets", "datasets/");

    /** As the API's addresses and the cache's folders say it. */
    final String plural;

    /** What stands before the id in the address of a page or a file. */
    final String prefix;

    Kind(String plural, String prefix) {
      this.plural = plural;
      this.prefix = prefix;
    }
  }

  private static final String NAME = "[A-Za-z0-9](?:[\\w.-]*[A-Za-z0-9_])?";
  private static final Pattern ID = Pattern.compile("(?:" + NAME + "/)?" + NAME);
  private static final Pattern REVISION =
      Pattern.compile("[A-Za-z0-9][\\w.+-]*(?:/[\\w+][\\w.+-]*)*");
  private static final Pattern COMMIT = Pattern.compile("[0-9a-f]{40}");
  private static final Pattern FOLDER = Pattern.compile("(models|datasets)--(.+)");

  public Repo {
    if (!ID.matcher(id).matches() || id.contains("--") || id.contains("..") || id.length() > 96) {
      throw new HoneException(
          "'" + id + "' is no name of a repository on the Hub; expected owner/name");
    }
    if (!REVISION.matcher(revision).matches() || revision.contains("..")) {
      throw new HoneException(
          id + ": '" + revision + "' is no revision; expected a branch, a tag or a commit");
    }
  }

  /**
   * A model by its name.
   *
   * @param text {@code owner/name}, perhaps with {@code @revision} or with {@code hf://} before it
   */
  public static Repo model(String text) {
    String name = text.replaceFirst("^hf://(models/)?", "");
    int at = name.indexOf('@');
    return at < 0
        ? new Repo(Kind.MODEL, name, MAIN)
        : new Repo(Kind.MODEL, name.substring(0, at), name.substring(at + 1));
  }

  /**
   * The repository of an address of rows.
   *
   * @param address {@code hf://datasets/owner/name[@revision][/path]}
   */
  public static Repo dataset(String address) {
    return RowsChoice.of(address).repo();
  }

  /** The repository whose snapshot in the Hub's cache a folder is; its revision is the commit. */
  public static Optional<Repo> ofSnapshot(Path folder) {
    Path path = folder.toAbsolutePath().normalize();
    if (path.getNameCount() < 3
        || !path.getName(path.getNameCount() - 2).toString().equals("snapshots")) {
      return Optional.empty();
    }
    String commit = path.getFileName().toString();
    Matcher repo = FOLDER.matcher(path.getName(path.getNameCount() - 3).toString());
    if (!isCommit(commit) || !repo.matches()) {
      return Optional.empty();
    }
    Kind kind = repo.group(1).equals("models") ? Kind.MODEL : Kind.DATASET;
    return Optional.of(new Repo(kind, repo.group(2).replace("--", "/"), commit));
  }

  static boolean isCommit(String revision) {
    return COMMIT.matcher(revision).matches();
  }

  Repo at(String commit) {
    return new Repo(kind, id, commit);
  }

  /** Name of its folder in the cache. */
  String folder() {
    return kind.plural + "--" + id.replace("/", "--");
  }

  /** For messages: the revision only where it is not the usual one. */
  @Override
  public String toString() {
    return id + (revision.equals(MAIN) ? "" : "@" + revision);
  }
}
