package dev.hone.store.hub;

/** Adds up what several files have moved. */
final class Meter {
  private final Transfer listener;
  private final long total;
  private long done;

  Meter(Transfer listener, long total) {
    this.listener = listener;
    this.total = total;
  }

  /** May be negative: a file is begun again. */
  synchronized void add(long bytes) {
    done += bytes;
    listener.moved(done, total);
  }
}
