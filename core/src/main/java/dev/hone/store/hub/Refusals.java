package dev.hone.store.hub;

import dev.hone.error.HoneException;
import java.net.http.HttpResponse;
import java.util.Locale;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/** What the Hub's refusals mean, in one line with what to do. */
final class Refusals {
  private static final JsonMapper JSON = JsonMapper.shared();

  private Refusals() {}

  static HoneException of(HubSettings settings, Repo repo, HttpResponse<?> response, String body) {
    return new HoneException(message(settings, repo, response, body));
  }

  private static String message(
      HubSettings settings, Repo repo, HttpResponse<?> response, String body) {
    String code = response.headers().firstValue("X-Error-Code").orElse("");
    String said = said(response, body);
    String page = settings.endpoint() + "/" + repo.kind().prefix + repo.id();
    String signIn =
        settings.token().isPresent()
            ? "check that the token in HF_TOKEN (or of 'hf auth login') may read it"
            : "sign in: put a token from " + settings.endpoint() + "/settings/tokens into HF_TOKEN";
    String kind = repo.kind().name().toLowerCase(Locale.ROOT);
    int status = response.statusCode();
    if (code.equals("GatedRepo")) {
      return repo.id() + " is gated: accept its terms on " + page + ", then " + signIn;
    }
    if (code.equals("RevisionNotFound")) {
      return repo.id() + " has no revision '" + repo.revision() + "'; " + page + " lists them";
    }
    if (code.equals("EntryNotFound")) {
      return repo + ": no such file there (" + response.uri().getPath() + ")";
    }
    if (status == 404
        || code.equals("RepoNotFound")
        || (status == 401 && settings.token().isEmpty())) {
      return "no "
          + kind
          + " "
          + repo.id()
          + " on "
          + settings.endpoint()
          + " (HTTP "
          + status
          + "), or it is private: check its name, or "
          + signIn;
    }
    return switch (status) {
      case 401 ->
          "the Hub does not know the token in HF_TOKEN (or of 'hf auth login'); make a new one on "
              + settings.endpoint()
              + "/settings/tokens";
      case 403 ->
          repo.id()
              + ": not allowed (HTTP 403"
              + said
              + "); check what the token may do, on "
              + settings.endpoint()
              + "/settings/tokens";
      case 429 ->
          "the Hub has had too many requests (HTTP 429); wait some minutes"
              + (settings.token().isEmpty() ? ", or " + signIn : "");
      default ->
          repo.id()
              + ": "
              + response.uri().getHost()
              + " answers HTTP "
              + status
              + said
              + "; try again later";
    };
  }

  /** The server's own words, short and on one line. */
  private static String said(HttpResponse<?> response, String body) {
    String words = response.headers().firstValue("X-Error-Message").orElse("");
    if (words.isEmpty() && body.startsWith("{")) {
      try {
        words = JSON.readTree(body).path("error").asString("");
      } catch (JacksonException e) {
        words = "";
      }
    }
    String line = words.lines().findFirst().orElse("").strip();
    return line.isEmpty() ? "" : ", \"" + line.substring(0, Math.min(200, line.length())) + '"';
  }
}
