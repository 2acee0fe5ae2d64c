package dev.hone.store.hub;

import dev.hone.error.HoneException;
import dev.hone.error.Nearest;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Rows in a data set's repository.
 *
 * @param path a file, a folder, a pattern with '*', or empty for the whole repository
 */
record RowsChoice(Repo repo, String path) {
  private static final String SCHEME = "hf://datasets/";

  /** A revision with '/' in it is one of those that the Hub itself makes. */
  private static final Pattern ADDRESS =
      Pattern.compile("([^/@]+/[^/@]+)(?:@((?:refs/(?:convert|pr)/[^/]+)|[^/]+))?(?:/(.*))?");

  /** The first ending that has files is taken: conversions often lie beside the original. */
  private static final List<String> ENDINGS = List.of("parquet", "jsonl", "json", "csv", "tsv");

  private static final Pattern TRAIN = Pattern.compile("(^|[^a-z])train(ing)?([^a-z]|$)");
  private static final Pattern OTHER =
      Pattern.compile("(^|[^a-z])(test|testing|valid|validation|dev|eval)([^a-z]|$)");

  /** Understands {@code hf://datasets/owner/name[@revision][/path]}. */
  static RowsChoice of(String address) {
    Matcher parts =
        ADDRESS.matcher(address.startsWith(SCHEME) ? address.substring(SCHEME.length()) : "");
    if (!parts.matches()) {
      throw new HoneException(
          "'"
              + address
              + "' is no address of rows; expected "
              + SCHEME
              + "owner/name[@revision][/path]");
    }
    String revision = parts.group(2) == null ? Repo.MAIN : parts.group(2).replace("%2F", "/");
    String path = parts.group(3) == null ? "" : parts.group(3).replaceFirst("/+$", "");
    Repo repo = new Repo(Repo.Kind.DATASET, parts.group(1), revision);
    return new RowsChoice(repo, path.isEmpty() ? "" : FileNames.checked(repo, path));
  }

  /**
   * The files that are meant.
   *
   * @throws HoneException where there are none, or where it is not clear which
   */
  List<String> among(List<String> files) {
    if (files.contains(path)) {
      return List.of(path);
    }
    List<String> readable =
        files.stream()
            .filter(f -> ENDINGS.contains(ending(f)))
            .filter(this::inside)
            .sorted()
            .toList();
    String kind =
        ENDINGS.stream()
            .filter(e -> readable.stream().anyMatch(f -> ending(f).equals(e)))
            .findFirst()
            .orElseThrow(() -> nothing(files));
    List<String> rows = readable.stream().filter(f -> ending(f).equals(kind)).toList();
    if (path.contains("*")) {
      return rows;
    }
    List<String> train = rows.stream().filter(f -> TRAIN.matcher(below(f)).find()).toList();
    List<String> chosen =
        train.isEmpty()
            ? rows.stream().filter(f -> !OTHER.matcher(below(f)).find()).toList()
            : train;
    if (chosen.isEmpty()) {
      throw unclear("holds no rows to train on", rows);
    }
    Set<String> folders = new TreeSet<>();
    chosen.forEach(f -> folders.add(f.substring(0, Math.max(0, f.lastIndexOf('/')))));
    if (folders.size() > 1) {
      throw unclear("holds several sets of rows", chosen);
    }
    return chosen;
  }

  private boolean inside(String file) {
    if (path.contains("*")) {
      PathMatcher matcher = FileSystems.getDefault().getPathMatcher("glob:" + path);
      return matcher.matches(Path.of(file));
    }
    return path.isEmpty() || file.startsWith(path + "/");
  }

  /** The name as it is judged: the folders that the address names say nothing of the split. */
  private String below(String file) {
    String rest = path.isEmpty() ? file : file.substring(path.length() + 1);
    return rest.toLowerCase(Locale.ROOT);
  }

  private HoneException nothing(List<String> files) {
    String where = path.isEmpty() ? repo.toString() : repo + "/" + path;
    return new HoneException(
        where
            + ": no such file or folder with rows (."
            + String.join(", .", ENDINGS)
            + ")"
            + (path.isEmpty() ? "" : Nearest.hint(path, files)));
  }

  private HoneException unclear(String what, List<String> files) {
    return new HoneException(
        repo
            + " "
            + what
            + "; name one file, folder or pattern, such as "
            + SCHEME
            + repo
            + "/"
            + files.getFirst());
  }

  private static String ending(String file) {
    return file.substring(file.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
  }
}
