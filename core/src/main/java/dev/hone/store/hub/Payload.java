package dev.hone.store.hub;

import dev.hone.error.HoneException;
import dev.hone.store.Hashes;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;

/** A file to be sent: on disk as it stands, or a text that was made for it. */
public final class Payload {
  private final String name;
  private final Source source;
  private final long size;

  /** Opens the content from its beginning; more than once. */
  private interface Source {
    InputStream open() throws IOException;
  }

  private Payload(String name, Source source, long size) {
    this.name = name;
    this.source = source;
    this.size = size;
  }

  public static Payload of(String name, Path file) {
    try {
      return new Payload(name, () -> Files.newInputStream(file), Files.size(file));
    } catch (IOException e) {
      throw new HoneException("cannot read " + file + ": " + e.getMessage(), e);
    }
  }

  public static Payload of(String name, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return new Payload(name, () -> new ByteArrayInputStream(bytes), bytes.length);
  }

  /** With '/' between folders. */
  public String name() {
    return name;
  }

  long size() {
    return size;
  }

  InputStream open() throws IOException {
    return source.open();
  }

  byte[] bytes(int most) {
    try (InputStream in = open()) {
      return in.readNBytes(most);
    } catch (IOException e) {
      throw unreadable(e);
    }
  }

  String sha256() {
    MessageDigest digest = Hashes.sha256();
    try (InputStream in = open()) {
      byte[] chunk = new byte[1 << 16];
      for (int n = in.read(chunk); n >= 0; n = in.read(chunk)) {
        digest.update(chunk, 0, n);
      }
    } catch (IOException e) {
      throw unreadable(e);
    }
    return Hashes.hex(digest);
  }

  HoneException unreadable(IOException e) {
    return new HoneException("cannot read " + name + ": " + e.getMessage(), e);
  }
}
