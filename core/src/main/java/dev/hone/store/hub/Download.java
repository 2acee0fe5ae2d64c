package dev.hone.store.hub;

import dev.hone.error.HoneException;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Fetches one file into the cache. What has come before a break stays in {@code HASH.incomplete}
 * and is gone on with, today or tomorrow; only a file of the right size and hash becomes a blob.
 */
final class Download {
  private static final int TRIES = 5;
  private static final Duration STALL = Duration.ofSeconds(60);

  private final HubHttp http;
  private final HubCache cache;

  Download(HubHttp http, HubCache cache) {
    this.http = http;
    this.cache = cache;
  }

  /** Bytes of a file that have come before. */
  long begun(Repo at, Remote.Entry entry) {
    try {
      Path partial = partial(cache.blob(at, entry.etag()));
      return Files.exists(partial) ? Math.min(Files.size(partial), entry.size()) : 0;
    } catch (IOException e) {
      return 0;
    }
  }

  void fetch(Repo at, Remote.Entry entry, Meter meter) {
    Path blob = cache.blob(at, entry.etag());
    Path file = cache.file(at, entry.name());
    try {
      Files.createDirectories(blob.resolveSibling(""));
      try (HubCache.Held held = cache.lock(at, entry.etag())) {
        boolean fresh = !Files.exists(blob);
        if (fresh) {
          body(at, entry, blob, meter);
        }
        cache.link(blob, file, fresh);
      }
    } catch (IOException e) {
      throw new HoneException(
          "cannot write " + file + ": " + e.getClass().getSimpleName() + " " + e.getMessage(), e);
    }
  }

  private void body(Repo at, Remote.Entry entry, Path blob, Meter meter) throws IOException {
    Path partial = partial(blob);
    boolean broken = false;
    int failures = 0;
    requireSpace(blob, entry.size() - begun(at, entry), entry.name());
    while (true) {
      long before = Files.exists(partial) ? Files.size(partial) : 0;
      if (before > entry.size()) { // of something else
        Files.delete(partial);
        meter.add(-entry.size());
        before = 0;
      }
      try {
        if (before != entry.size() || before == 0) {
          receive(at, entry, partial, before, meter);
        }
        if (Checksum.matches(partial, entry.etag())) {
          force(partial);
          Files.move(partial, blob, StandardCopyOption.ATOMIC_MOVE);
          return;
        }
        Files.delete(partial);
        meter.add(-entry.size());
        if (broken) {
          throw new HoneException(
              at.id()
                  + ": "
                  + entry.name()
                  + " came twice with another hash than "
                  + entry.etag()
                  + " that the Hub names; nothing was kept, try again later or another network");
        }
        broken = true;
      } catch (IOException e) {
        if (Thread.currentThread().isInterrupted()) {
          throw new HoneException(entry.name() + ": interrupted", e);
        }
        boolean moved = Files.exists(partial) && Files.size(partial) > before;
        failures = moved ? 1 : failures + 1;
        if (failures >= TRIES) {
          throw gaveUp(at, entry, e);
        }
        http.pause(failures, e instanceof HubHttp.Busy busy ? busy.pause : Duration.ZERO);
      }
    }
  }

  private void receive(Repo at, Remote.Entry entry, Path partial, long have, Meter meter)
      throws IOException {
    Map<String, String> range = have > 0 ? Map.of("Range", "bytes=" + have + "-") : Map.of();
    HttpResponse<InputStream> response = http.stream(entry.address(), range, at);
    try (InputStream in = response.body();
        FileChannel out =
            FileChannel.open(partial, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      boolean goesOn =
          response.statusCode() == 206
              && response
                  .headers()
                  .firstValue("Content-Range")
                  .orElse("")
                  .startsWith("bytes " + have + "-");
      if (!goesOn) {
        out.truncate(0);
        meter.add(-Math.min(have, entry.size()));
        if (response.statusCode() != 200) {
          throw new IOException("the server gives another range than was asked for");
        }
      }
      out.position(out.size());
      copy(in, out, entry.size() - out.size(), meter);
    }
  }

  /** At most what is missing; a server that sends more is no reason to fill the disk. */
  private static void copy(InputStream in, FileChannel out, long missing, Meter meter)
      throws IOException {
    AtomicLong last = new AtomicLong(System.nanoTime());
    Thread watch = Thread.ofVirtual().start(() -> closeWhenStalled(in, last));
    try {
      byte[] chunk = new byte[1 << 16];
      long left = missing;
      for (int n = in.read(chunk); n >= 0; n = in.read(chunk)) {
        last.set(System.nanoTime());
        if (n > left) {
          throw new HoneException("the server sends more than the announced size; refused");
        }
        ByteBuffer bytes = ByteBuffer.wrap(chunk, 0, n);
        while (bytes.hasRemaining()) {
          int ignored = out.write(bytes);
        }
        left -= n;
        meter.add(n);
      }
      if (left > 0) {
        throw new IOException("the connection ended " + left + " bytes too early");
      }
    } finally {
      watch.interrupt();
    }
  }

  /** A connection that is open and silent would wait for ever. */
  private static void closeWhenStalled(InputStream in, AtomicLong last) {
    try {
      while (System.nanoTime() - last.get() < STALL.toNanos()) {
        Thread.sleep(STALL.dividedBy(6));
      }
      in.close();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // the file is here
    } catch (IOException e) {
      // the reader has its own exception
    }
  }

  private static HoneException gaveUp(Repo at, Remote.Entry entry, IOException e) {
    if (e instanceof HubHttp.Busy busy) {
      return busy.refusal;
    }
    return new HoneException(
        at.id()
            + ": "
            + entry.name()
            + " broke off again and again ("
            + Pauses.reason(e)
            + "); what has come is kept, the same command goes on from there",
        e);
  }

  private static Path partial(Path blob) {
    return blob.resolveSibling(blob.getFileName() + ".incomplete");
  }

  private static void requireSpace(Path blob, long needed, String name) throws IOException {
    long free = Files.getFileStore(blob.resolveSibling("")).getUsableSpace();
    if (free > 0 && free < needed) {
      throw new HoneException(
          "no room for "
              + name
              + ": it needs "
              + Math.ceilDiv(needed, 1_000_000L)
              + " MB, "
              + blob.resolveSibling("")
              + " has "
              + free / 1_000_000
              + " MB; free some space or set HF_HUB_CACHE to another disk");
    }
  }

  private static void force(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.force(true);
    }
  }
}
