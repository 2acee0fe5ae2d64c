package dev.hone.evaluate;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class SpanMatchTest {
  private static Measures one(List<String> gold, String said) {
    return SpanMatch.of("tuned", List.of(gold), List.of(said));
  }

  @ParameterizedTest
  @CsvSource({
    "The Eiffel-Tower!, eiffeltower, 1, 1",
    "'a  cat', 'the cat.', 1, 1",
    "another theme, other me, 0, 0",
    "in 1999, 1999, 0, 0.6666666666666666",
    "red red blue, red blue blue, 0, 0.6666666666666666",
    "Paris, Rome, 0, 0",
    "café, CAFÉ, 1, 1",
    "the, a, 1, 1",
  })
  void countedByHand(String right, String said, double exact, double f1) {
    Measures measures = one(List.of(right), said);
    assertEquals(exact, measures.value("exact match").value());
    assertEquals(f1, measures.value("f1").value(), 1e-12);
  }

  @Test
  void theBestOfSeveralRightAnswersCounts() {
    Measures measures = one(List.of("the year 1999", "1999"), "1999");
    assertEquals(1, measures.value("exact match").value());
  }

  @Test
  void withoutAnAnswerOnlyTheEmptyOneIsRight() {
    assertEquals(1, one(List.of(), "").value("f1").value());
    assertEquals(0, one(List.of(), "1999").value("f1").value());
    assertEquals(0, one(List.of("1999"), "").value("exact match").value());
  }

  @Test
  void theMeanOverRowsHasTheErrorOfAMean() {
    List<List<String>> gold = List.of(List.of("a b"), List.of("c"), List.of("d"), List.of("e"));
    Measures measures = SpanMatch.of("tuned", gold, List.of("b", "x", "d", "y"));
    assertEquals(0.5, measures.value("exact match").value(), 1e-12);
    assertEquals(0.25, measures.value("exact match").standardError(), 0.03);
  }

  /** Drawn answers, with what {@code squad_metrics} of Transformers says of them. */
  @Test
  void asTheReferenceCounts() throws IOException {
    JsonNode cases;
    try (InputStream in = getClass().getResourceAsStream("squad.json")) {
      cases = JsonMapper.shared().readTree(in);
    }
    assertEquals(160, cases.size());
    for (JsonNode c : cases) {
      List<String> gold = c.path("gold").values().stream().map(JsonNode::stringValue).toList();
      Measures measures = one(gold, c.path("said").stringValue());
      assertEquals(c.path("exact").asDouble(), measures.value("exact match").value(), c::toString);
      assertEquals(c.path("f1").asDouble(), measures.value("f1").value(), 1e-12, c::toString);
    }
  }
}
