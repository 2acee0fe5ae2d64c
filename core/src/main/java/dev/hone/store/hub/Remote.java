package dev.hone.store.hub;

import dev.hone.error.HoneException;
import java.net.URI;
import java.net.http.HttpHeaders;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What the Hub says about a repository: its commit, its files, and each file's size and hash. */
final class Remote {
  private static final JsonMapper JSON = JsonMapper.shared();
  private static final Pattern NEXT = Pattern.compile("<([^>]+)>\\s*;\\s*rel=\"?next\"?");

  /** The info lists so many files at most; from here on its list is not trusted to be whole. */
  private static final int LISTED = 50_000;

  private static final int MOST_PAGES = 1_000;

  private final HubHttp http;

  Remote(HubHttp http) {
    this.http = http;
  }

  /**
   * A repository at one commit.
   *
   * @param repo with the commit as its revision
   * @param open whether anybody may read it
   * @param license as its card says, or null
   */
  record Listing(Repo repo, List<String> files, boolean open, @Nullable String license) {}

  /**
   * A file to be had.
   *
   * @param etag SHA-256 of a large file, git's SHA-1 of a small one
   */
  record Entry(String name, String etag, long size, URI address) {}

  Listing list(Repo repo) {
    return listing(repo, http.text(http.request(revision(repo)), repo));
  }

  /** Empty where there is no such repository or revision. */
  Optional<Listing> find(Repo repo) {
    HttpResponse<String> response = http.text(http.request(revision(repo)), repo, Set.of(404));
    return response.statusCode() == 404 ? Optional.empty() : Optional.of(listing(repo, response));
  }

  private URI revision(Repo repo) {
    return api(repo, "revision/" + FileNames.part(repo.revision()));
  }

  private Listing listing(Repo repo, HttpResponse<String> response) {
    JsonNode info = json(repo, response);
    String commit = info.path("sha").asString("");
    if (!Repo.isCommit(commit)) {
      throw strange(repo, "names no commit");
    }
    Repo at = repo.at(commit);
    JsonNode siblings = info.path("siblings");
    List<String> files = new ArrayList<>();
    if (siblings.isArray() && siblings.size() < LISTED) {
      siblings.forEach(s -> files.add(FileNames.checked(repo, s.path("rfilename").asString(""))));
    } else {
      tree(at, files);
    }
    String license = info.path("cardData").path("license").asString("");
    boolean open = !info.path("private").asBoolean(false);
    return new Listing(at, List.copyOf(files), open, license.isEmpty() ? null : license);
  }

  /** Page by page, each naming the next in its Link header. */
  private void tree(Repo at, List<String> files) {
    URI page = api(at, "tree/" + at.revision() + "?recursive=true");
    for (int n = 0; n < MOST_PAGES; n++) {
      HttpResponse<String> response = http.text(http.request(page), at);
      for (JsonNode entry : json(at, response)) {
        if (entry.path("type").asString("").equals("file")) {
          files.add(FileNames.checked(at, entry.path("path").asString("")));
        }
      }
      Optional<String> next = next(response.headers());
      if (next.isEmpty()) {
        return;
      }
      page = page.resolve(next.get());
      if (!http.isHub(page)) {
        throw strange(at, "continues its list on another host");
      }
    }
    throw strange(at, "lists files without end");
  }

  private static Optional<String> next(HttpHeaders headers) {
    return headers.allValues("Link").stream()
        .map(NEXT::matcher)
        .filter(Matcher::find)
        .map(m -> m.group(1))
        .findFirst();
  }

  /** Asks for a file's headers. */
  Entry entry(Repo at, String name) {
    URI address = resolve(at, name);
    HttpResponse<Void> response = http.head(address, at);
    HttpHeaders headers = response.headers();
    String commit = headers.firstValue("X-Repo-Commit").orElse(at.revision());
    if (!commit.equals(at.revision())) {
      throw strange(at, "gives " + name + " of another commit");
    }
    String etag =
        headers.firstValue("X-Linked-Etag").or(() -> headers.firstValue("ETag")).orElse("");
    boolean onward = response.statusCode() >= 300;
    long size =
        headers
            .firstValueAsLong("X-Linked-Size")
            .orElseGet(() -> onward ? -1 : headers.firstValueAsLong("Content-Length").orElse(-1));
    if (size < 0) {
      throw strange(at, "does not say how large " + name + " is");
    }
    return new Entry(name, FileNames.etag(at, name, etag), size, address);
  }

  private URI resolve(Repo at, String name) {
    return http.address(
        at.kind().prefix + at.id() + "/resolve/" + at.revision() + "/" + FileNames.encoded(name));
  }

  URI api(Repo repo, String rest) {
    return http.address("api/" + repo.kind().plural + "/" + repo.id() + "/" + rest);
  }

  static JsonNode json(Repo repo, HttpResponse<String> response) {
    try {
      return JSON.readTree(response.body());
    } catch (JacksonException e) {
      throw strange(repo, "does not answer in JSON");
    }
  }

  static HoneException strange(Repo repo, String what) {
    return new HoneException(repo + ": the Hub " + what + "; is HF_ENDPOINT right?");
  }
}
