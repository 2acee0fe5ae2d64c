package dev.hone.store.hub;

import dev.hone.error.HoneException;
import dev.hone.store.Hashes;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * The hash that an ETag is: SHA-256 of a file in LFS or Xet, git's SHA-1 of a small one, which is
 * taken over {@code blob SIZE\0} and the content.
 */
final class Checksum {
  private Checksum() {}

  /** Whether a file is what its ETag says, of 64 or 40 hexadecimal digits. */
  static boolean matches(Path file, String etag) {
    return (etag.length() == 64 ? Hashes.sha256(file) : git(file)).equals(etag);
  }

  static String git(Path file) {
    try (InputStream in = Files.newInputStream(file)) {
      MessageDigest digest = MessageDigest.getInstance("SHA-1");
      digest.update(("blob " + Files.size(file) + "\0").getBytes(StandardCharsets.US_ASCII));
      byte[] chunk = new byte[1 << 16];
      for (int n = in.read(chunk); n >= 0; n = in.read(chunk)) {
        digest.update(chunk, 0, n);
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (IOException e) {
      throw new HoneException("cannot read " + file + ": " + e.getMessage(), e);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-1", e);
    }
  }
}
