package dev.hone.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class ProgressLineTest {
  private long now;

  private void pass(double seconds) {
    now += (long) (seconds * Duration.ofSeconds(1).toNanos());
  }

  private ProgressLine train(TestConsole console, long from, long total) {
    return new ProgressLine(console.console, "train", "step", from, total, () -> now);
  }

  @Test
  void aTerminalShowsOneLineThatIsRedrawn() {
    TestConsole console = new TestConsole(true);
    try (ProgressLine line = train(console, 0, 480)) {
      pass(24);
      line.update(120, "loss 1.234", "rate 1.0e-03", "6,120 tokens/s");
      pass(0.01);
      line.update(121, "loss 9"); // too soon to be drawn
      pass(72);
      line.update(480, "loss 1.1");
    }
    String clear = "\r\u001b[K";
    assertEquals(
        clear
            + "train  step 120/480  ███░░░░░░░░░  loss 1.234  rate 1.0e-03  6,120 tokens/s"
            + "  1m12s left"
            + clear
            + "train  step 480/480  ████████████  loss 1.1  1m36s\n",
        console.err());
    assertEquals("", console.out());
  }

  @Test
  void elsewhereALineComesEveryFewSecondsAndAtTheEnd() {
    TestConsole console = new TestConsole(false);
    try (ProgressLine line = train(console, 0, 100)) {
      for (int step = 1; step <= 100; step++) {
        pass(0.1);
        line.update(step, "loss 2");
      }
    }
    assertEquals(
        """
        train  step 49/100  loss 2  5.1s left
        train  step 99/100  loss 2  100ms left
        train  step 100/100  loss 2  10.0s
        """,
        console.err());
  }

  @Test
  void aResumedRunsTimeLeftCountsOnlyItsOwnSteps() {
    TestConsole console = new TestConsole(false);
    try (ProgressLine line = train(console, 90, 100)) {
      pass(10);
      line.update(95);
    }
    assertEquals("train  step 95/100  10.0s left\n", console.err());
  }

  @Test
  void aNarrowTerminalLosesTheBarFirst() {
    TestConsole console = new TestConsole(true, 30);
    try (ProgressLine line = train(console, 0, 10)) {
      pass(1);
      line.update(5, "loss 1.234");
      pass(1);
      line.update(6, "loss 1.234", "x".repeat(40));
    }
    String[] drawn = console.err().stripTrailing().split("\r\u001b\\[K", -1);
    assertTrue(drawn[1].startsWith("train  step 5/10  loss 1.23"), drawn[1]);
    assertEquals(29, Columns.of(drawn[1]));
    assertEquals("train  step 6/10  loss 1.234…", drawn[2]);
  }

  @Test
  void aNoteStandsAboveTheLine() {
    TestConsole console = new TestConsole(true);
    try (ProgressLine line = train(console, 0, 10)) {
      line.note("first");
      line.update(0);
      line.note("checkpoint written");
    }
    String clear = "\r\u001b[K";
    String drawn = clear + "train  step 0/10  ░░░░░░░░░░░░";
    assertEquals("first\n" + drawn + clear + "checkpoint written\n" + drawn + "\n", console.err());
  }
}
