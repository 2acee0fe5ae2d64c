package dev.hone.evaluate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.hone.error.HoneException;
import dev.hone.evaluate.Tagging.Entity;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class TaggingTest {
  private static Set<Entity> entities(String tags) {
    return Tagging.entities(List.of(tags.split(" ")));
  }

  @Test
  void entitiesAreReadAsTheSharedTasksReadThem() {
    assertEquals(Set.of(), entities("O O"));
    assertEquals(
        Set.of(new Entity("PER", 0, 1), new Entity("LOC", 3, 3)), entities("B-PER I-PER O B-LOC"));
    assertEquals(
        Set.of(new Entity("PER", 0, 0), new Entity("PER", 1, 2)), entities("B-PER B-PER I-PER"));
    // Inside without a beginning, as the older scheme writes it.
    assertEquals(Set.of(new Entity("PER", 1, 2)), entities("O I-PER I-PER O"));
    assertEquals(Set.of(new Entity("PER", 0, 0), new Entity("LOC", 1, 1)), entities("B-PER I-LOC"));
    assertEquals(
        Set.of(new Entity("X", 0, 2), new Entity("X", 3, 3), new Entity("X", 4, 4)),
        entities("B-X I-X E-X I-X S-X"));
    assertEquals(Set.of(new Entity("X", 0, 1), new Entity("X", 2, 2)), entities("B-X L-X U-X"));
    assertEquals(Set.of(new Entity("a-b", 0, 1)), entities("B-a-b I-a-b"));
  }

  @Test
  void countedByHand() {
    // Right: PER 0-1, LOC 3, ORG 0. Found: PER 0-1, LOC 2-3 (wrong), ORG 0, ORG 2 (wrong).
    Measures measures =
        Tagging.of(
            "tuned",
            List.of(List.of("B-PER", "I-PER", "O", "B-LOC"), List.of("B-ORG", "O", "O")),
            List.of(List.of("B-PER", "I-PER", "B-LOC", "I-LOC"), List.of("B-ORG", "O", "B-ORG")));
    assertEquals(2, measures.n());
    assertEquals(0.5, measures.value("precision").value());
    assertEquals(2.0 / 3, measures.value("recall").value(), 1e-12);
    assertEquals(4.0 / 7, measures.value("f1").value(), 1e-12);
    assertEquals(4.0 / 7, measures.value("accuracy").value(), 1e-12);
  }

  @Test
  void tagsThatMarkNoEntitiesAreCountedAlone() {
    Measures measures =
        Tagging.of("tuned", List.of(List.of("NOUN", "VERB")), List.of(List.of("NOUN", "NOUN")));
    assertEquals(List.of("accuracy"), measures.values().stream().map(v -> v.name()).toList());
    assertEquals(0.5, measures.value("accuracy").value());
  }

  @Test
  void nothingFoundIsNoPrecision() {
    Measures measures = Tagging.of("majority", List.of(List.of("B-X")), List.of(List.of("O")));
    assertEquals(0, measures.value("f1").value());
    assertEquals(0, measures.value("precision").value());
  }

  @Test
  void noRowIsRefused() {
    assertThrows(HoneException.class, () -> Tagging.of("tuned", List.of(), List.of()));
  }
}
