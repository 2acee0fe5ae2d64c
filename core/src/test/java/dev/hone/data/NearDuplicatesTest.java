package dev.hone.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

class NearDuplicatesTest {

  @Test
  void similarityIsThatOfWordPairs() {
    assertEquals(1, like("a b c", "a, b; c!"));
    assertEquals(2 / 4.0, like("a b c d", "a b c e"));
    assertEquals(0, like("a b", "b a"));
    assertEquals(1, like("a", "a"));
    assertEquals(0, like("!", "!"));
    assertTrue(like("我喜欢吃苹果", "我喜欢吃苹果派") > 0.8);
  }

  @Test
  void joinsOnlyWhatIsNear() {
    String text = "one two three four five six seven eight nine ten eleven";
    Groups groups = new Groups(4);
    NearDuplicates.join(
        List.of(text, "completely other words are in this one", text + " twelve", "?"),
        0.9,
        groups);
    assertEquals(groups.find(0), groups.find(2));
    assertNotEquals(groups.find(0), groups.find(1));
    assertNotEquals(groups.find(0), groups.find(3));
  }

  @Test
  void bandsOverlookNextToNothing() {
    assertEquals(1, NearDuplicates.bandHeight(0.3));
    for (double threshold = 0.3; threshold <= 1; threshold += 0.05) {
      int height = NearDuplicates.bandHeight(threshold);
      assertTrue(Math.pow(1 - Math.pow(threshold, height), 128 / height) < 1e-5 || height == 1);
    }
  }

  @Test
  void caseAndWhiteSpaceAreFolded() {
    assertEquals("ab c é", Content.normal(" AB\u00a0\t\nC  E\u0301 "));
  }

  private static double like(String a, String b) {
    return Shingles.jaccard(Shingles.of(a), Shingles.of(b));
  }
}
