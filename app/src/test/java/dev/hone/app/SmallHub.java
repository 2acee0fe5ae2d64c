package dev.hone.app;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.Executors;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A Hub of small files: repositories by name, and what was pushed into one becomes its content. */
final class SmallHub implements AutoCloseable {
  private static final String COMMIT = "00112233445566778899aabbccddeeff00112233";
  private static final JsonMapper JSON = JsonMapper.shared();

  private final HttpServer server;
  final Map<String, Map<String, byte[]>> repositories = new TreeMap<>();

  SmallHub() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/", this::answer);
    server.start();
  }

  String address() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  SmallHub with(String repository, Path folder) throws IOException {
    try (var files = Files.list(folder)) {
      for (Path file : files.toList()) {
        with(repository, file.getFileName().toString(), Files.readAllBytes(file));
      }
    }
    return this;
  }

  SmallHub with(String repository, String name, byte[] content) {
    repositories.computeIfAbsent(repository, _ -> new TreeMap<>()).put(name, content);
    return this;
  }

  Map<String, byte[]> files(String repository) {
    return repositories.getOrDefault(repository, Map.of());
  }

  String text(String repository, String name) {
    return new String(
        repositories.getOrDefault(repository, Map.of()).getOrDefault(name, new byte[0]),
        StandardCharsets.UTF_8);
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      byte[] body = exchange.getRequestBody().readAllBytes();
      String path = exchange.getRequestURI().getPath();
      String[] part = path.split("/");
      if (path.equals("/api/repos/create")) {
        JsonNode wanted = JSON.readTree(body);
        String name = wanted.path("organization").asString() + "/" + wanted.path("name").asString();
        repositories.computeIfAbsent(name, _ -> new TreeMap<>());
        send(exchange, 200, "{}");
        return;
      }
      boolean api = path.startsWith("/api/");
      int owner = api ? 3 : path.startsWith("/datasets/") ? 2 : 1;
      String name = part[owner] + "/" + part[owner + 1];
      Map<String, byte[]> files = repositories.get(name);
      String verb = part[owner + 2];
      if (files == null) {
        exchange.getResponseHeaders().set("X-Error-Code", "RepoNotFound");
        send(exchange, 404, "{}");
      } else if (verb.equals("revision")) {
        List<?> siblings = files.keySet().stream().map(f -> Map.of("rfilename", f)).toList();
        send(exchange, 200, JSON.writeValueAsString(Map.of("sha", COMMIT, "siblings", siblings)));
      } else if (verb.equals("resolve")) {
        byte[] content =
            Objects.requireNonNull(
                files.get(path.substring(path.indexOf(COMMIT) + COMMIT.length() + 1)));
        exchange.getResponseHeaders().set("ETag", '"' + git(content) + '"');
        send(exchange, 200, content);
      } else if (verb.equals("preupload")) {
        List<Map<String, String>> modes = new ArrayList<>();
        for (JsonNode file : JSON.readTree(body).path("files")) {
          modes.add(Map.of("path", file.path("path").asString(), "uploadMode", "regular"));
        }
        send(exchange, 200, JSON.writeValueAsString(Map.of("files", modes)));
      } else {
        commit(files, new String(body, StandardCharsets.UTF_8));
        send(exchange, 200, "{\"commitUrl\": \"" + address() + "/" + name + "\"}");
      }
    }
  }

  private static void commit(Map<String, byte[]> files, String lines) {
    lines
        .lines()
        .map(JSON::readTree)
        .filter(line -> line.path("key").asString().equals("file"))
        .map(line -> line.path("value"))
        .forEach(
            file ->
                files.put(
                    file.path("path").asString(),
                    Base64.getDecoder().decode(file.path("content").asString())));
  }

  private static void send(HttpExchange exchange, int status, String text) throws IOException {
    send(exchange, status, text.getBytes(StandardCharsets.UTF_8));
  }

  private static void send(HttpExchange exchange, int status, byte[] content) throws IOException {
    boolean head = exchange.getRequestMethod().equals("HEAD");
    exchange.getResponseHeaders().set("Content-Length", "" + content.length);
    exchange.sendResponseHeaders(status, head || content.length == 0 ? -1 : content.length);
    if (!head) {
      exchange.getResponseBody().write(content);
    }
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
    server.stop(0);
  }
}
