package dev.hone.app;

import dev.hone.store.hub.Transfer;
import org.jspecify.annotations.Nullable;

/** Shows how far files are on their way from the Hub or to it. */
final class TransferLine implements Transfer, AutoCloseable {
  private static final long KIB = 1 << 10;
  private static final long MIB = 1 << 20;

  private final Console console;
  private final String task;
  private @Nullable ProgressLine line;
  private long unit;
  private long from;
  private long shown;
  private long begun;

  /**
   * @param task what is done, for example {@code fetch}
   */
  TransferLine(Console console, String task) {
    this.console = console;
    this.task = task;
  }

  @Override
  public void moved(long done, long total) {
    if (total == 0) {
      return;
    }
    ProgressLine current = line;
    if (current == null || shown != total) { // the next model or file begins
      close();
      unit = total < 10 * MIB ? KIB : MIB;
      from = done;
      shown = total;
      begun = System.nanoTime();
      current =
          new ProgressLine(
              console, task, unit == KIB ? "KiB" : "MiB", done / unit, Math.ceilDiv(total, unit));
      line = current;
    }
    double seconds = Math.max(1e-3, (System.nanoTime() - begun) / 1e9);
    long reached = done == total ? Math.ceilDiv(total, unit) : done / unit;
    String rate = Human.bytes((long) (Math.max(0, done - from) / seconds)) + "/s";
    current.update(reached, rate);
  }

  @Override
  public void close() {
    if (line != null) {
      line.close();
      line = null;
    }
  }
}
