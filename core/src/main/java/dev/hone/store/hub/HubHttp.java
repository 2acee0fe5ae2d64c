package dev.hone.store.hub;

import dev.hone.error.HoneException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * Requests to the Hub and to the hosts that it sends on to. The token goes to the Hub alone; a busy
 * or broken server is asked again after a pause.
 */
final class HubHttp implements AutoCloseable {
  private static final Duration CONNECT = Duration.ofSeconds(20);
  private static final Duration ANSWER = Duration.ofSeconds(60);
  private static final Duration LONGEST_PAUSE = Duration.ofMinutes(5);
  private static final Set<Integer> PASSING = Set.of(408, 429, 500, 502, 503, 504);
  private static final Set<Integer> REDIRECT = Set.of(301, 302, 303, 307, 308);
  private static final int TRIES = 5;
  private static final int HOPS = 10;

  private final HubSettings settings;
  private final HttpClient client;

  HubHttp(HubSettings settings) {
    this.settings = settings;
    // Big files come over connections of their own: HTTP/2 would share one window among them.
    this.client =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(CONNECT)
            .proxy(settings.proxy())
            .build();
  }

  /** An address of the Hub itself. */
  URI address(String path) {
    return URI.create(settings.endpoint() + "/" + path);
  }

  HttpRequest.Builder request(URI uri) {
    return HttpRequest.newBuilder(uri)
        .timeout(ANSWER)
        .header("User-Agent", "hone")
        .header("Accept-Encoding", "identity");
  }

  /** A small answer as text. */
  HttpResponse<String> text(HttpRequest.Builder request, Repo repo) {
    return text(request, repo, Set.of());
  }

  /**
   * The same.
   *
   * @param accepted error statuses that are an answer and no refusal
   */
  HttpResponse<String> text(HttpRequest.Builder request, Repo repo, Set<Integer> accepted) {
    return send(request, repo, BodyHandlers.ofString(StandardCharsets.UTF_8), accepted);
  }

  /** Headers alone; a redirect to another host is the answer, since it says enough. */
  HttpResponse<Void> head(URI uri, Repo repo) {
    return send(
        request(uri).method("HEAD", HttpRequest.BodyPublishers.noBody()),
        repo,
        BodyHandlers.discarding(),
        Set.of());
  }

  /**
   * A body to be read, over all redirects.
   *
   * @throws IOException for what may pass: the caller knows how much it has already
   */
  HttpResponse<InputStream> stream(URI uri, Map<String, String> headers, Repo repo)
      throws IOException {
    HttpRequest.Builder request = request(uri);
    headers.forEach(request::header);
    HttpResponse<InputStream> response = follow(request, BodyHandlers.ofInputStream());
    if (response.statusCode() != 416 && response.statusCode() >= 300) {
      try (InputStream body = response.body()) {
        HoneException refusal =
            Refusals.of(
                settings,
                repo,
                response,
                new String(body.readNBytes(4096), StandardCharsets.UTF_8));
        if (PASSING.contains(response.statusCode())) {
          throw new Busy(refusal, Pauses.asked(response));
        }
        throw refusal;
      }
    }
    return response;
  }

  /** A server that may answer better in a while. */
  static final class Busy extends IOException {
    private static final long serialVersionUID = 1;
    final transient HoneException refusal;
    final transient Duration pause;

    Busy(HoneException refusal, Duration pause) {
      super(refusal.getMessage(), refusal);
      this.refusal = refusal;
      this.pause = pause;
    }
  }

  private <T> HttpResponse<T> send(
      HttpRequest.Builder request, Repo repo, BodyHandler<T> handler, Set<Integer> accepted) {
    for (int attempt = 1; ; attempt++) {
      try {
        HttpResponse<T> response = follow(request, handler);
        int status = response.statusCode();
        if (status < 400 || accepted.contains(status)) {
          return response;
        }
        HoneException refusal =
            Refusals.of(settings, repo, response, String.valueOf(response.body()));
        if (!PASSING.contains(status) || attempt >= TRIES) {
          throw refusal;
        }
        pause(attempt, Pauses.asked(response));
      } catch (IOException e) {
        if (attempt >= TRIES || Pauses.isHopeless(e)) {
          throw unreachable(e);
        }
        pause(attempt, Duration.ZERO);
      }
    }
  }

  private HoneException unreachable(IOException e) {
    return new HoneException(
        "cannot reach "
            + settings.endpoint()
            + " ("
            + Pauses.reason(e)
            + "); check the network, HTTPS_PROXY and HF_ENDPOINT, or name a folder",
        e);
  }

  /** Whether nobody answered; what is in the cache may then do. */
  static boolean isUnreachable(HoneException e) {
    return e.getCause() instanceof IOException;
  }

  /** Waits before the next try: as long as the server asks, or twice as long each time. */
  void pause(int attempt, Duration asked) {
    Duration own = settings.pause().multipliedBy(1L << Math.min(attempt - 1, 5));
    Duration pause = asked.compareTo(own) > 0 ? asked : own;
    try {
      Thread.sleep(pause.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : pause);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new HoneException("interrupted while waiting for " + settings.endpoint(), e);
    }
  }

  private <T> HttpResponse<T> follow(HttpRequest.Builder request, BodyHandler<T> handler)
      throws IOException {
    URI uri = request.build().uri();
    boolean head = request.build().method().equals("HEAD");
    for (int hop = 0; hop < HOPS; hop++) {
      HttpRequest.Builder next = request.copy().uri(uri);
      boolean own = isHub(uri);
      settings
          .token()
          .filter(_ -> own)
          .ifPresent(t -> next.setHeader("Authorization", "Bearer " + t));
      HttpResponse<T> response = exchange(next.build(), handler);
      if (!REDIRECT.contains(response.statusCode())) {
        return response;
      }
      URI target = target(response);
      if (head && !isHub(target)) {
        return response;
      }
      if ("https".equals(uri.getScheme()) && !"https".equals(target.getScheme())) {
        throw new HoneException(
            uri.getHost() + " sends on to an address without encryption; nothing was fetched");
      }
      if (response.body() instanceof InputStream body) {
        body.close();
      }
      uri = target;
    }
    throw new HoneException(
        settings.endpoint() + " sends from one address to the next without end");
  }

  private static URI target(HttpResponse<?> response) throws IOException {
    String location = response.headers().firstValue("Location").orElse("");
    try {
      return response.uri().resolve(location);
    } catch (IllegalArgumentException e) {
      throw new IOException("sends on to '" + location + "', which is no address", e);
    }
  }

  /** Scheme, host and port must be the Hub's: a token is given to nobody else. */
  boolean isHub(URI uri) {
    URI hub = settings.endpoint();
    return hub.getScheme().equalsIgnoreCase(uri.getScheme())
        && hub.getHost()
            .toLowerCase(Locale.ROOT)
            .equals(String.valueOf(uri.getHost()).toLowerCase(Locale.ROOT))
        && hub.getPort() == uri.getPort();
  }

  private <T> HttpResponse<T> exchange(HttpRequest request, BodyHandler<T> handler)
      throws IOException {
    try {
      return client.send(request, handler);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new HoneException("interrupted while asking " + request.uri().getHost(), e);
    }
  }

  @Override
  public void close() {
    client.shutdownNow();
  }
}
