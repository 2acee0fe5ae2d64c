package dev.hone.data;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** Gives each content its place in a seeded order that does not depend on any other row. */
final class Placement {
  private final MessageDigest digest;
  private final byte[] seed;

  Placement(long seed) {
    this.seed = ByteBuffer.allocate(Long.BYTES).putLong(seed).array();
    try {
      this.digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java runtime has SHA-256", e);
    }
  }

  long of(String content) {
    digest.update(seed);
    return ByteBuffer.wrap(digest.digest(content.getBytes(StandardCharsets.UTF_8))).getLong();
  }
}
