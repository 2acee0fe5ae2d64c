package dev.hone.app;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * How far a task is: one line that is redrawn on a terminal, a new line every few seconds
 * elsewhere.
 *
 * <pre>
 * train  step 120/480  ███░░░░░░░░░  loss 1.234  rate 1.0e-03  6,120 tokens/s  1m12s left
 * </pre>
 */
final class ProgressLine implements AutoCloseable {
  private static final Duration REDRAW = Duration.ofMillis(100);
  private static final Duration PLAIN = Duration.ofSeconds(5);
  private static final int BAR = 12;
  private static final String CLEAR = "\r\u001b[K";

  private final Console console;
  private final String task;
  private final String unit;
  private final long from;
  private final long total;
  private final LongSupplier nanos;
  private final long started;
  private long drawnAt;
  private long done;
  private List<String> facts = List.of();
  private boolean shown = true;
  private boolean onLine;

  /**
   * Starts the clock.
   *
   * @param task what is done, for example {@code train}
   * @param unit what is counted, for example {@code step}
   * @param from units done before, so that a resumed run's time left is right
   * @param total units when all is done
   */
  ProgressLine(Console console, String task, String unit, long from, long total) {
    this(console, task, unit, from, total, System::nanoTime);
  }

  ProgressLine(
      Console console, String task, String unit, long from, long total, LongSupplier nanos) {
    this.console = console;
    this.task = task;
    this.unit = unit;
    this.from = from;
    this.total = total;
    this.nanos = nanos;
    this.done = from;
    this.started = nanos.getAsLong();
    this.drawnAt = started - REDRAW.toNanos();
  }

  /** Notes how far the task is, and draws it unless that was done a moment ago. */
  void update(long done, String... facts) {
    this.done = done;
    this.facts = List.of(facts);
    shown = false;
    Duration pause = console.errTerminal() ? REDRAW : PLAIN;
    if (nanos.getAsLong() - drawnAt >= pause.toNanos()) {
      draw();
    }
  }

  /** Prints a line of its own above the progress. */
  void note(String line) {
    console.err().println((onLine ? CLEAR : "") + line);
    if (onLine) {
      onLine = false;
      draw();
    }
  }

  /** Draws the last state and ends the line. */
  @Override
  public void close() {
    if (!shown) {
      draw();
    }
    if (onLine) {
      console.err().println();
      onLine = false;
    }
    console.err().flush();
  }

  private void draw() {
    if (console.errTerminal()) {
      // One column stays free: some terminals wrap when the last one is written.
      int width = console.width() - 1;
      String line = line(true);
      console
          .err()
          .print(CLEAR + Columns.cut(Columns.of(line) > width ? line(false) : line, width));
      onLine = true;
    } else {
      console.err().println(line(false));
    }
    console.err().flush();
    drawnAt = nanos.getAsLong();
    shown = true;
  }

  private String line(boolean bar) {
    List<String> parts = new ArrayList<>(List.of(task, unit + " " + done + "/" + total));
    if (bar) {
      int full = (int) (BAR * Math.clamp((double) done / Math.max(1, total), 0.0, 1.0));
      parts.add("█".repeat(full) + "░".repeat(BAR - full));
    }
    parts.addAll(facts);
    Duration elapsed = Duration.ofNanos(nanos.getAsLong() - started);
    if (done >= total) {
      parts.add(Human.duration(elapsed));
    } else if (done > from) {
      double left = (double) elapsed.toNanos() * (total - done) / (done - from);
      parts.add(Human.duration(Duration.ofNanos((long) left)) + " left");
    }
    return String.join("  ", parts);
  }
}
