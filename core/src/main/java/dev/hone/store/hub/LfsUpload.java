package dev.hone.store.hub;

import dev.hone.error.HoneException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Large files by git-lfs' batch API, in one piece ("basic") or in the parts that the server asks
 * for ("multipart"). A content that is there already is not sent again.
 */
final class LfsUpload {
  private static final String TYPE = "application/vnd.git-lfs+json";

  /** Headers that belong to the connection. */
  private static final Set<String> OWN =
      Set.of("connection", "content-length", "expect", "host", "transfer-encoding", "upgrade");

  private static final Duration PIECE = Duration.ofHours(1);
  private static final JsonMapper JSON = JsonMapper.shared();

  private final HubHttp http;
  private final Repo repo;

  LfsUpload(HubHttp http, Repo repo) {
    this.http = http;
    this.repo = repo;
  }

  /**
   * @param files each with its SHA-256
   */
  void send(Map<Payload, String> files, Transfer listener) {
    Meter meter = new Meter(listener, files.keySet().stream().mapToLong(Payload::size).sum());
    JsonNode answer = Remote.json(repo, http.text(batch(files), repo));
    for (Map.Entry<Payload, String> file : files.entrySet()) {
      JsonNode object = object(answer, file.getValue());
      if (object.has("error")) {
        throw new HoneException(
            repo.id()
                + ": the Hub refuses "
                + file.getKey().name()
                + ": "
                + object.path("error").path("message").asString("no reason given"));
      }
      JsonNode upload = object.path("actions").path("upload");
      if (upload.isMissingNode()) {
        meter.add(file.getKey().size()); // it has this content already
        continue;
      }
      JsonNode header = upload.path("header");
      if (header.has("chunk_size")) {
        parts(file.getKey(), file.getValue(), upload, meter);
      } else {
        var ignored = http.text(piece(upload, file.getKey(), 0, file.getKey().size(), meter), repo);
      }
      verify(object, file.getKey(), file.getValue());
    }
  }

  private HttpRequest.Builder batch(Map<Payload, String> files) {
    List<Map<String, Object>> objects = new ArrayList<>();
    files.forEach((file, oid) -> objects.add(Map.of("oid", oid, "size", file.size())));
    return lfs(
        http.address(repo.id() + ".git/info/lfs/objects/batch"),
        Map.of(
            "operation",
            "upload",
            "transfers",
            List.of("basic", "multipart"),
            "hash_algo",
            "sha256",
            "ref",
            Map.of("name", repo.revision()),
            "objects",
            objects));
  }

  private JsonNode object(JsonNode answer, String oid) {
    for (JsonNode object : answer.path("objects")) {
      if (object.path("oid").asString("").equals(oid)) {
        return object;
      }
    }
    throw Remote.strange(repo, "does not say where large files go");
  }

  /** The parts' addresses stand in the header under their numbers, from 1. */
  private void parts(Payload file, String oid, JsonNode upload, Meter meter) {
    long size = Long.parseLong(upload.path("header").path("chunk_size").asString("0"));
    TreeMap<Integer, String> addresses = new TreeMap<>();
    upload
        .path("header")
        .properties()
        .forEach(
            e -> {
              if (e.getKey().matches("\\d{1,6}")) {
                addresses.put(Integer.valueOf(e.getKey()), e.getValue().asString(""));
              }
            });
    if (size <= 0 || addresses.size() != Math.ceilDiv(file.size(), size)) {
      throw Remote.strange(repo, "asks for parts that do not make up " + file.name());
    }
    List<Map<String, Object>> done = new ArrayList<>();
    for (String address : addresses.values()) {
      long from = done.size() * size;
      long length = Math.min(size, file.size() - from);
      HttpResponse<String> response =
          http.text(put(URI.create(address), file, from, length, meter), repo);
      String etag = response.headers().firstValue("ETag").orElse("");
      if (etag.isEmpty()) {
        throw Remote.strange(
            repo, "does not confirm part " + (done.size() + 1) + " of " + file.name());
      }
      done.add(Map.of("partNumber", done.size() + 1, "etag", etag));
    }
    URI end = URI.create(upload.path("href").asString(""));
    var ignored = http.text(lfs(end, Map.of("oid", oid, "parts", done)), repo);
  }

  private void verify(JsonNode object, Payload file, String oid) {
    String address = object.path("actions").path("verify").path("href").asString("");
    if (!address.isEmpty()) {
      var ignored =
          http.text(lfs(URI.create(address), Map.of("oid", oid, "size", file.size())), repo);
    }
  }

  private HttpRequest.Builder piece(
      JsonNode upload, Payload file, long from, long length, Meter meter) {
    HttpRequest.Builder request =
        put(URI.create(upload.path("href").asString("")), file, from, length, meter);
    upload
        .path("header")
        .properties()
        .forEach(
            e -> {
              if (!OWN.contains(e.getKey().toLowerCase(Locale.ROOT))) {
                request.setHeader(e.getKey(), e.getValue().asString(""));
              }
            });
    return request;
  }

  /** A length is announced, since stores refuse bodies without one. */
  private HttpRequest.Builder put(URI address, Payload file, long from, long length, Meter meter) {
    AtomicLong counted = new AtomicLong();
    BodyPublisher body =
        BodyPublishers.fromPublisher(
            BodyPublishers.ofInputStream(() -> slice(file, from, length, meter, counted)), length);
    return http.request(address).timeout(PIECE).PUT(body);
  }

  private static InputStream slice(
      Payload file, long from, long length, Meter meter, AtomicLong counted) {
    meter.add(-counted.getAndSet(0)); // a piece that is sent again counts once
    try {
      InputStream in = file.open();
      in.skipNBytes(from);
      return new Slice(in, length, meter, counted);
    } catch (IOException e) {
      throw new UncheckedIOException(file.unreadable(e).getMessage(), e);
    }
  }

  private HttpRequest.Builder lfs(URI address, Map<String, ?> body) {
    return http.request(address)
        .header("Accept", TYPE)
        .header("Content-Type", TYPE)
        .POST(BodyPublishers.ofString(JSON.writeValueAsString(body)));
  }

  /** A piece of a file; counts what is sent of it. */
  private static final class Slice extends FilterInputStream {
    private final Meter meter;
    private final AtomicLong counted;
    private long left;

    Slice(InputStream in, long length, Meter meter, AtomicLong counted) {
      super(in);
      this.counted = counted;
      this.left = length;
      this.meter = meter;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] bytes, int offset, int most) throws IOException {
      if (left == 0) {
        return -1;
      }
      int n = super.read(bytes, offset, (int) Math.min(most, left));
      if (n > 0) {
        left -= n;
        meter.add(n);
        counted.addAndGet(n);
      }
      return n;
    }
  }
}
