package dev.hone.evaluate;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class MultiLabelTest {
  @Test
  void countedByHand() {
    // a: 2 hits, 1 too many; b: 1 hit, 1 missed; c: never there; d: 1 too many.
    Measures measures =
        MultiLabel.of(
            "tuned",
            List.of(Set.of("a", "b"), Set.of("a"), Set.of(), Set.of("b")),
            List.of(Set.of("a", "b"), Set.of("a", "d"), Set.of("a"), Set.of()),
            List.of("a", "b", "c", "d"));
    assertEquals(2 * 3.0 / (5 + 4), measures.value("micro-F1").value(), 1e-12);
    assertEquals((4.0 / 5 + 2.0 / 3 + 0) / 3, measures.value("macro-F1").value(), 1e-12);
    assertEquals(0.25, measures.value("subset accuracy").value(), 1e-12);
  }

  @Test
  void noLabelAnywhereIsRightButNoF1() {
    Measures measures =
        MultiLabel.of("tuned", List.of(Set.of()), List.of(Set.of()), List.of("a", "b"));
    assertEquals(0, measures.value("micro-F1").value());
    assertEquals(1, measures.value("subset accuracy").value());
  }
}
