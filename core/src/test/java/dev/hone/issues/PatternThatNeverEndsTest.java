package dev.hone.issues;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.error.HoneException;
import dev.hone.method.Targets;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** An adapter's pattern could keep the program busy for ever. */
class PatternThatNeverEndsTest {
  private static String found(String pattern, String path) {
    return Targets.byPattern(Map.of(pattern, "yes"), path, "no");
  }

  @Test
  void isRefused() {
    HoneException refused =
        assertTimeoutPreemptively(
            Duration.ofSeconds(20),
            () ->
                assertThrows(
                    HoneException.class,
                    () -> found("(a|aa|a.)+\\1b", "model.layers." + "a".repeat(80))));
    assertTrue(String.valueOf(refused.getMessage()).contains("too many ways"));
    assertThrows(HoneException.class, () -> found("(".repeat(20_000) + ")".repeat(20_000), "q"));
  }

  @Test
  void usualPatternsMatch() {
    assertTrue(
        found("layers\\.(1|3)\\..*[qv]_proj", "model.layers.3.self_attn.q_proj").equals("yes"));
    assertTrue(found("layers\\.(1|3)\\..*", "model.layers.2.self_attn.q_proj").equals("no"));
  }
}
