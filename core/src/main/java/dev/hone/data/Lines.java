package dev.hone.data;

import dev.hone.error.HoneException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** The lines of a UTF-8 file, one at a time; a line with other bytes is refused by its number. */
final class Lines implements AutoCloseable {
  private static final char BYTE_ORDER_MARK = '\uFEFF';

  private final Path file;
  private final InputStream in;
  private final byte[] buffer = new byte[1 << 16];
  private int at;
  private int end;
  private long number;

  Lines(Path file) throws IOException {
    this.file = file;
    this.in = Files.newInputStream(file);
  }

  /** Reads the file once, so that a parser behind it may take its bytes for UTF-8. */
  static void check(Path file) throws IOException {
    try (Lines lines = new Lines(file)) {
      while (lines.next() != null) {
        // next() throws on the line that is not UTF-8
      }
    }
  }

  /** The next line without its end, or null after the last. */
  @Nullable String next() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    boolean any = false;
    while (true) {
      if (at == end) {
        end = in.read(buffer);
        at = 0;
        if (end < 0) {
          end = 0;
          return any ? text(bytes) : null;
        }
      }
      any = true;
      int from = at;
      while (at < end && buffer[at] != '\n') {
        at++;
      }
      bytes.write(buffer, from, at - from);
      if (at < end) {
        at++;
        return text(bytes);
      }
    }
  }

  /** Number of the line read last, from 1. */
  long number() {
    return number;
  }

  private String text(ByteArrayOutputStream bytes) {
    number++;
    ByteBuffer encoded = ByteBuffer.wrap(bytes.toByteArray());
    String line;
    try {
      line = StandardCharsets.UTF_8.newDecoder().decode(encoded).toString();
    } catch (CharacterCodingException e) {
      throw new HoneException(
          "%s:%d: not UTF-8 at byte %d of the line (0x%02X); save the file as UTF-8"
              .formatted(file, number, encoded.position() + 1, encoded.get(encoded.position())),
          e);
    }
    if (number == 1 && !line.isEmpty() && line.charAt(0) == BYTE_ORDER_MARK) {
      line = line.substring(1);
    }
    return line.endsWith("\r") ? line.substring(0, line.length() - 1) : line;
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
