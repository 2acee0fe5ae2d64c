package dev.hone.store.hub;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.hone.store.Hashes;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ProxySelector;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Two servers that behave as the Hub and the store of its large files do. Files that end in
 * .safetensors or .parquet are large: the Hub sends on to the store for them.
 */
final class FakeHub implements AutoCloseable {
  static final String COMMIT = "0123456789abcdef0123456789abcdef01234567";
  private static final JsonMapper JSON = JsonMapper.shared();
  private static final Pattern RANGE = Pattern.compile("bytes=(\\d+)-");

  private final HttpServer hub;
  private final HttpServer store;

  /** Files of the one repository, {@code org/tiny}, in its only commit. */
  final Map<String, byte[]> files = new TreeMap<>();

  /** {@code METHOD path authorization range} of all requests. */
  final List<String> requests = Collections.synchronizedList(new ArrayList<>());

  /** Answers to give first: a path's part, then the statuses one after the other. */
  final Map<String, List<Integer>> failures = new ConcurrentHashMap<>();

  /** Headers of those answers. */
  final Map<String, String> failureHeaders = new LinkedHashMap<>();

  /** What arrived: large files by hash, and the lines of the last commit. */
  final Map<String, byte[]> received = new ConcurrentHashMap<>();

  List<JsonNode> commit = List.of();

  /** A large body breaks off after so many bytes, as often as this says. */
  int breakAfter = -1;

  int breaks;

  /** Bytes are changed in large bodies, as often as this says. */
  int lies;

  boolean ranges = true;
  boolean siblings = true;
  boolean exists = true;
  boolean open = true;
  int chunk;

  FakeHub() throws IOException {
    hub = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    store = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    for (HttpServer server : List.of(hub, store)) {
      server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
      server.createContext("/", e -> answer(e, server == store));
      server.start();
    }
  }

  URI address() {
    return URI.create("http://127.0.0.1:" + hub.getAddress().getPort());
  }

  private String storeAddress() {
    return "http://127.0.0.1:" + store.getAddress().getPort();
  }

  HubSettings settings(Path cache, @Nullable String token) {
    return new HubSettings(
        address(),
        cache,
        Optional.ofNullable(token),
        false,
        true,
        ProxySelector.getDefault(),
        Duration.ofMillis(1));
  }

  FakeHub with(String name, String text) {
    files.put(name, text.getBytes(StandardCharsets.UTF_8));
    return this;
  }

  FakeHub with(String name, byte[] bytes) {
    files.put(name, bytes);
    return this;
  }

  /** A model with weights of so many bytes. */
  FakeHub model(int bytes) {
    byte[] weights = new byte[bytes];
    new java.util.Random(bytes).nextBytes(weights);
    return with("config.json", "{\"model_type\": \"llama\"}")
        .with("tokenizer.json", "{}")
        .with("model.safetensors", weights)
        .with("pytorch_model.bin", "pickle")
        .with("onnx/model.onnx", "onnx")
        .with("README.md", "# tiny");
  }

  long count(String part) {
    return requests.stream().filter(r -> r.contains(part)).count();
  }

  private void answer(HttpExchange exchange, boolean atStore) throws IOException {
    try (exchange) {
      String path = exchange.getRequestURI().getPath();
      String authorization =
          Optional.ofNullable(exchange.getRequestHeaders().getFirst("Authorization")).orElse("-");
      String range =
          Optional.ofNullable(exchange.getRequestHeaders().getFirst("Range")).orElse("-");
      requests.add(
          String.join(
              " ",
              (atStore ? "store:" : "") + exchange.getRequestMethod(),
              path,
              authorization,
              range));
      byte[] body = exchange.getRequestBody().readAllBytes();
      for (var failure : failures.entrySet()) {
        if (path.contains(failure.getKey()) && !failure.getValue().isEmpty()) {
          failureHeaders.forEach(exchange.getResponseHeaders()::set);
          text(exchange, failure.getValue().removeFirst(), "{\"error\": \"as told\"}");
          return;
        }
      }
      if (atStore) {
        atStore(exchange, path, body);
      } else {
        atHub(exchange, path, body);
      }
    } catch (IOException e) {
      // the client has gone, or the body was to break off
    }
  }

  private void atHub(HttpExchange exchange, String path, byte[] body) throws IOException {
    String method = exchange.getRequestMethod();
    if (path.equals("/api/repos/create")) {
      text(exchange, exists ? 409 : 200, "{}");
      exists = true;
    } else if (!exists) {
      exchange.getResponseHeaders().set("X-Error-Code", "RepoNotFound");
      text(exchange, 404, "{\"error\": \"Repository not found\"}");
    } else if (path.matches("/api/(models|datasets)/org/tiny/revision/.*")) {
      text(exchange, 200, info());
    } else if (path.matches("/api/(models|datasets)/org/tiny/tree/.*")) {
      tree(exchange);
    } else if (path.contains("/org/tiny/resolve/" + COMMIT + "/")) {
      file(exchange, path.substring(path.indexOf(COMMIT) + COMMIT.length() + 1));
    } else if (path.startsWith("/api/models/org/tiny/preupload/")) {
      text(exchange, 200, sorted(body));
    } else if (path.startsWith("/api/models/org/tiny/branch/")) {
      text(exchange, 200, "{}");
    } else if (path.startsWith("/api/models/org/tiny/commit/")) {
      commit = new String(body, StandardCharsets.UTF_8).lines().map(JSON::readTree).toList();
      text(exchange, 200, "{\"commitUrl\": \"" + address() + "/org/tiny/commit/1\"}");
    } else if (path.equals("/org/tiny.git/info/lfs/objects/batch")) {
      text(exchange, 200, batch(body));
    } else if (path.equals("/verify") || (path.equals("/complete") && method.equals("POST"))) {
      complete(JSON.readTree(body));
      text(exchange, 200, "{}");
    } else {
      exchange.getResponseHeaders().set("X-Error-Code", "EntryNotFound");
      text(exchange, 404, "{}");
    }
  }

  private String info() {
    Map<String, Object> info = new LinkedHashMap<>();
    info.put("id", "org/tiny");
    info.put("sha", COMMIT);
    info.put("private", !open);
    info.put("cardData", Map.of("license", "apache-2.0"));
    if (siblings) {
      info.put("siblings", files.keySet().stream().map(f -> Map.of("rfilename", f)).toList());
    }
    return JSON.writeValueAsString(info);
  }

  /** One file a page. */
  private void tree(HttpExchange exchange) throws IOException {
    String query = exchange.getRequestURI().getQuery();
    int at = query.contains("cursor=") ? Integer.parseInt(query.replaceAll(".*cursor=", "")) : 0;
    List<String> names = List.copyOf(files.keySet());
    if (at + 1 < names.size()) {
      String next = exchange.getRequestURI().getPath() + "?recursive=true&cursor=" + (at + 1);
      exchange.getResponseHeaders().set("Link", "<" + address() + next + ">; rel=\"next\"");
    }
    text(
        exchange,
        200,
        JSON.writeValueAsString(
            List.of(
                Map.of("type", "directory", "path", "sub"),
                Map.of("type", "file", "path", names.get(at)))));
  }

  private void file(HttpExchange exchange, String name) throws IOException {
    byte[] content = files.get(name);
    if (content == null) {
      exchange.getResponseHeaders().set("X-Error-Code", "EntryNotFound");
      text(exchange, 404, "{}");
      return;
    }
    exchange.getResponseHeaders().set("X-Repo-Commit", COMMIT);
    if (isLarge(name)) {
      exchange.getResponseHeaders().set("X-Linked-Etag", '"' + sha256(content) + '"');
      exchange.getResponseHeaders().set("X-Linked-Size", "" + content.length);
      exchange.getResponseHeaders().set("ETag", "\"of the redirect\"");
      exchange.getResponseHeaders().set("Location", storeAddress() + "/" + name + "?signed=1");
      exchange.sendResponseHeaders(302, -1);
    } else {
      exchange.getResponseHeaders().set("ETag", "W/\"" + git(content) + '"');
      body(exchange, content);
    }
  }

  byte[] content(String name) {
    return java.util.Objects.requireNonNull(files.get(name), name);
  }

  private void atStore(HttpExchange exchange, String path, byte[] body) throws IOException {
    if (exchange.getRequestMethod().equals("PUT")) {
      received.put(path.substring(1), body);
      exchange.getResponseHeaders().set("ETag", "\"part" + path.replace('/', '-') + '"');
      text(exchange, 200, "");
      return;
    }
    byte[] content = content(path.substring(1)).clone();
    if (lies > 0) {
      lies--;
      content[content.length - 1]++;
    }
    body(exchange, content);
  }

  private void body(HttpExchange exchange, byte[] content) throws IOException {
    Matcher range =
        RANGE.matcher(
            Optional.ofNullable(exchange.getRequestHeaders().getFirst("Range")).orElse(""));
    int from = ranges && range.matches() ? Integer.parseInt(range.group(1)) : 0;
    if (from > 0) {
      exchange
          .getResponseHeaders()
          .set(
              "Content-Range",
              "bytes %d-%d/%d".formatted(from, content.length - 1, content.length));
    }
    if (exchange.getRequestMethod().equals("HEAD")) {
      exchange.getResponseHeaders().set("Content-Length", "" + content.length);
      exchange.sendResponseHeaders(200, -1);
      return;
    }
    int length = content.length - from;
    exchange.sendResponseHeaders(from > 0 ? 206 : 200, length == 0 ? -1 : length);
    OutputStream out = exchange.getResponseBody();
    if (breaks > 0 && length > breakAfter) {
      breaks--;
      out.write(content, from, breakAfter);
      out.flush();
      throw new IOException("breaks off as told");
    }
    out.write(content, from, length);
  }

  private String sorted(byte[] body) {
    List<Map<String, Object>> modes = new ArrayList<>();
    for (JsonNode file : JSON.readTree(body).path("files")) {
      String name = file.path("path").asString("");
      modes.add(
          Map.of(
              "path",
              name,
              "uploadMode",
              isLarge(name) ? "lfs" : "regular",
              "shouldIgnore",
              false));
    }
    return JSON.writeValueAsString(Map.of("files", modes));
  }

  private String batch(byte[] body) {
    List<Map<String, Object>> objects = new ArrayList<>();
    for (JsonNode object : JSON.readTree(body).path("objects")) {
      String oid = object.path("oid").asString("");
      long size = object.path("size").asLong();
      if (received.containsKey(oid)) {
        objects.add(Map.of("oid", oid, "size", size));
        continue;
      }
      Map<String, Object> upload = new LinkedHashMap<>();
      upload.put("href", storeAddress() + "/" + oid);
      if (chunk > 0) {
        Map<String, Object> header = new LinkedHashMap<>();
        header.put("chunk_size", "" + chunk);
        for (int part = 1; (part - 1L) * chunk < size; part++) {
          header.put("" + part, storeAddress() + "/" + oid + "/" + part);
        }
        upload.put("href", address() + "/complete");
        upload.put("header", header);
      }
      objects.add(
          Map.of(
              "oid",
              oid,
              "size",
              size,
              "actions",
              Map.of("upload", upload, "verify", Map.of("href", address() + "/verify"))));
    }
    return JSON.writeValueAsString(Map.of("transfer", "basic", "objects", objects));
  }

  private void complete(JsonNode body) {
    String oid = body.path("oid").asString("");
    if (body.has("parts")) {
      java.io.ByteArrayOutputStream all = new java.io.ByteArrayOutputStream();
      for (JsonNode part : body.path("parts")) {
        String key = oid + "/" + part.path("partNumber").asInt();
        if (part.path("etag").asString("").equals("\"part-" + key.replace('/', '-') + '"')) {
          all.writeBytes(received.get(key));
        }
      }
      received.put(oid, all.toByteArray());
    }
  }

  private static boolean isLarge(String name) {
    return name.endsWith(".safetensors") || name.endsWith(".parquet");
  }

  private static void text(HttpExchange exchange, int status, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    boolean none = bytes.length == 0 || exchange.getRequestMethod().equals("HEAD");
    exchange.sendResponseHeaders(status, none ? -1 : bytes.length);
    if (!none) {
      exchange.getResponseBody().write(bytes);
    }
  }

  static String sha256(byte[] content) {
    MessageDigest digest = Hashes.sha256();
    digest.update(content);
    return Hashes.hex(digest);
  }

  private static String git(byte[] content) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-1");
      digest.update(("blob " + content.length + "\0").getBytes(StandardCharsets.US_ASCII));
      return HexFormat.of().formatHex(digest.digest(content));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    hub.stop(0);
    store.stop(0);
  }
}
