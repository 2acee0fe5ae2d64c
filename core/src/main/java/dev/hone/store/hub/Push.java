package dev.hone.store.hub;

import dev.hone.error.HoneException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * One commit to a repository: the Hub says which files are large, those go to its LFS store first,
 * and the commit names them and holds the others.
 */
final class Push {
  private static final JsonMapper JSON = JsonMapper.shared();
  private static final int SAMPLE = 512;
  private static final Set<Integer> THERE_ALREADY = Set.of(409);

  private final HubHttp http;
  private final Remote remote;

  Push(HubHttp http, Remote remote) {
    this.http = http;
    this.remote = remote;
  }

  String send(Repo repo, boolean hidden, List<Payload> files, String summary, Transfer listener) {
    files.forEach(f -> FileNames.checked(repo, f.name()));
    create(repo, hidden);
    Map<Payload, String> large = new LinkedHashMap<>();
    List<Payload> small = new ArrayList<>();
    sort(repo, files, large, small);
    if (!large.isEmpty()) {
      new LfsUpload(http, repo).send(large, listener);
    }
    return commit(repo, small, large, summary);
  }

  private void create(Repo repo, boolean hidden) {
    String[] parts = repo.id().split("/");
    if (parts.length != 2) {
      throw new HoneException("'" + repo.id() + "' names no owner; expected owner/name");
    }
    Map<String, Object> wanted =
        Map.of("name", parts[1], "organization", parts[0], "private", hidden);
    HttpResponse<String> made =
        http.text(json(http.address("api/repos/create"), wanted), repo, Set.of(409, 403));
    Repo main = repo.at(Repo.MAIN);
    if (made.statusCode() >= 400) { // there already, or the token may not make new ones
      Remote.Listing there = remote.list(main);
      if (hidden && there.open()) {
        throw new HoneException(
            repo.id()
                + " is there already and public, but --private was asked for; make it private in"
                + " its settings, or name another");
      }
    }
    if (!repo.revision().equals(Repo.MAIN)) {
      URI branch = remote.api(repo, "branch/" + FileNames.part(repo.revision()));
      var ignored = http.text(json(branch, Map.of()), repo, THERE_ALREADY);
    }
  }

  private void sort(
      Repo repo, List<Payload> files, Map<Payload, String> large, List<Payload> small) {
    List<Map<String, Object>> asked = new ArrayList<>();
    for (Payload file : files) {
      String sample = Base64.getEncoder().encodeToString(file.bytes(SAMPLE));
      asked.add(Map.of("path", file.name(), "sample", sample, "size", file.size()));
    }
    URI address = remote.api(repo, "preupload/" + FileNames.part(repo.revision()));
    JsonNode answer = Remote.json(repo, http.text(json(address, Map.of("files", asked)), repo));
    Map<String, String> modes = new LinkedHashMap<>();
    for (JsonNode file : answer.path("files")) {
      modes.put(file.path("path").asString(""), file.path("uploadMode").asString(""));
      if (file.path("shouldIgnore").asBoolean(false)) {
        throw new HoneException(
            repo.id()
                + ": its .gitignore leaves out "
                + file.path("path").asString("")
                + "; mend it");
      }
    }
    for (Payload file : files) {
      String mode = modes.getOrDefault(file.name(), "");
      if (mode.equals("lfs") && file.size() > 0) { // LFS knows no empty files
        large.put(file, file.sha256());
      } else if (mode.equals("lfs") || mode.equals("regular")) {
        small.add(file);
      } else {
        throw Remote.strange(repo, "does not say how to send " + file.name());
      }
    }
  }

  /** NDJSON: a header, then a line a file. */
  private String commit(
      Repo repo, List<Payload> small, Map<Payload, String> large, String summary) {
    StringBuilder lines = new StringBuilder();
    line(lines, "header", Map.of("summary", summary, "description", ""));
    for (Payload file : small) {
      String content = Base64.getEncoder().encodeToString(file.bytes(Integer.MAX_VALUE));
      line(lines, "file", Map.of("path", file.name(), "content", content, "encoding", "base64"));
    }
    large.forEach(
        (file, oid) ->
            line(
                lines,
                "lfsFile",
                Map.of("path", file.name(), "algo", "sha256", "oid", oid, "size", file.size())));
    HttpRequest.Builder request =
        http.request(remote.api(repo, "commit/" + FileNames.part(repo.revision())))
            .header("Content-Type", "application/x-ndjson")
            .POST(BodyPublishers.ofString(lines.toString()));
    JsonNode answer = Remote.json(repo, http.text(request, repo));
    return answer.path("commitUrl").asString(http.address(repo.id()).toString());
  }

  private static void line(StringBuilder lines, String key, Map<String, Object> value) {
    lines.append(JSON.writeValueAsString(Map.of("key", key, "value", value))).append('\n');
  }

  private HttpRequest.Builder json(URI address, Map<String, ?> body) {
    return http.request(address)
        .header("Content-Type", "application/json")
        .POST(BodyPublishers.ofString(JSON.writeValueAsString(body)));
  }
}
