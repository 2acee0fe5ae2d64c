package dev.hone.store.hub;

import dev.hone.error.HoneException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Names that come from the Hub and become paths: none may lead out of its folder. */
final class FileNames {
  private static final Pattern ETAG = Pattern.compile("[0-9a-f]{40}|[0-9a-f]{64}");

  private FileNames() {}

  /** A file's name in a repository, with '/' between folders. */
  static String checked(Repo repo, String name) {
    boolean safe =
        !name.isEmpty()
            && name.length() < 1024
            && name.chars().noneMatch(c -> c < ' ' || c == '\\' || c == ':' || c == 0x7f)
            && Arrays.stream(name.split("/", -1))
                .noneMatch(part -> part.isEmpty() || part.equals(".") || part.equals(".."));
    if (!safe) {
      throw new HoneException(
          repo
              + ": file name '"
              + name.replaceAll("\\p{Cntrl}", "?")
              + "' leads out of its folder; refused");
    }
    return name;
  }

  /** An ETag without its quotes: the hash by which a file is checked, and the name of its blob. */
  static String etag(Repo repo, String name, String header) {
    String etag = header.replaceFirst("^W/", "").replaceAll("^\"|\"$", "");
    if (!ETAG.matcher(etag).matches()) {
      throw new HoneException(
          repo
              + ": "
              + name
              + " comes with ETag '"
              + etag.replaceAll("[^\\w.-]", "?")
              + "', expected a SHA-256 or SHA-1 to check it by; is HF_ENDPOINT right?");
    }
    return etag;
  }

  /** For an address: every part encoded, the '/' between them kept. */
  static String encoded(String name) {
    return Arrays.stream(name.split("/", -1)).map(FileNames::part).collect(Collectors.joining("/"));
  }

  /** For an address: one part, whose '/' is no separator. */
  static String part(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }
}
