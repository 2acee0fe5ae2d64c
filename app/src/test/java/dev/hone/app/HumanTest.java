package dev.hone.app;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class HumanTest {
  @Test
  void durations() {
    assertEquals("0ms", Human.duration(Duration.ZERO));
    assertEquals("999ms", Human.duration(Duration.ofMillis(999)));
    assertEquals("1.0s", Human.duration(Duration.ofMillis(1000)));
    assertEquals("59.9s", Human.duration(Duration.ofMillis(59_940)));
    assertEquals("1m00s", Human.duration(Duration.ofMillis(59_960)));
    assertEquals("1m12s", Human.duration(Duration.ofSeconds(72)));
    assertEquals("59m59s", Human.duration(Duration.ofSeconds(3599)));
    assertEquals("1h00m", Human.duration(Duration.ofMillis(3_599_900)));
    assertEquals("2h05m", Human.duration(Duration.ofMinutes(125)));
    assertEquals("1d00h", Human.duration(Duration.ofSeconds(86_399)));
    assertEquals("3d04h", Human.duration(Duration.ofHours(76)));
  }

  @Test
  void bytes() {
    assertEquals("0 B", Human.bytes(0));
    assertEquals("999 B", Human.bytes(999));
    assertEquals("0.98 KiB", Human.bytes(1000));
    assertEquals("1.00 KiB", Human.bytes(1024));
    assertEquals("1.50 GiB", Human.bytes(3L << 29));
    assertEquals("512 MiB", Human.bytes(512L << 20));
    assertEquals("10.0 MiB", Human.bytes(10L << 20));
    assertEquals("8.00 EiB", Human.bytes(Long.MAX_VALUE));
  }

  @Test
  void counts() {
    assertEquals("6,120", Human.count(6120));
    assertEquals("6,120 tokens/s", Human.perSecond(6120.4, "tokens"));
    assertEquals("41.3 tokens/s", Human.perSecond(41.26, "tokens"));
    assertEquals("0.52 rows/s", Human.perSecond(0.5199, "rows"));
    assertEquals("1.0e-03", Human.rate(1e-3));
  }
}
