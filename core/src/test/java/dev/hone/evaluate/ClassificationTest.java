package dev.hone.evaluate;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.error.HoneException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Expected numbers are scikit-learn's. */
class ClassificationTest {
  private static final List<String> ABC = List.of("a", "b", "c");

  @Test
  void agreesWithScikitLearnOnThreeLabels() {
    Classification c =
        Classification.of(
            new int[] {0, 0, 0, 1, 1, 2, 2, 2, 2, 0, 1, 2},
            new int[] {0, 0, 1, 1, 2, 2, 2, 0, 2, 0, 1, 1},
            ABC);
    assertEquals(2.0 / 3, c.accuracy().value(), 1e-15);
    assertEquals(Math.sqrt(2.0 / 9 / 12), c.accuracy().standardError(), 1e-15);
    assertEquals(0.6626984126984127, c.macroF1().value(), 1e-15);
    assertEquals(0.5052911526399114, c.mcc().value(), 1e-15);
    assertArrayEquals(new int[][] {{3, 1, 0}, {0, 2, 1}, {1, 1, 3}}, c.confusion());
    assertEquals(new Classification.Label("a", 0.75, 0.75, 0.75, 4, 4), c.perLabel().get(0));
    assertEquals(0.5, c.perLabel().get(1).precision());
    assertEquals(2.0 / 3, c.perLabel().get(1).recall());
    assertEquals(4.0 / 7, c.perLabel().get(1).f1());
    assertEquals(5, c.perLabel().get(2).support());
    assertEquals(12, c.rows());
  }

  @Test
  void labelThatOccursNowhereIsLeftOutOfMacroF1AndOneThatIsOnlyPredictedCountsAsZero() {
    Classification c =
        Classification.of(
            new int[] {0, 0, 1, 1, 1}, new int[] {0, 3, 1, 1, 0}, List.of("a", "b", "none", "d"));
    assertEquals(1.3 / 3, c.macroF1().value(), 1e-15);
    assertEquals(0.36084391824351614, c.mcc().value(), 1e-15);
    assertEquals(new Classification.Label("none", 0, 0, 0, 0, 0), c.perLabel().get(2));
    assertEquals(new Classification.Label("d", 0, 0, 0, 0, 1), c.perLabel().get(3));
  }

  @Test
  void onePredictedLabelHasNoCorrelation() {
    Classification c = Classification.of(new int[] {0, 1, 1}, new int[] {1, 1, 1}, ABC);
    assertEquals(0, c.mcc().value());
    assertEquals(0.4, c.macroF1().value(), 1e-15);
  }

  @Test
  void standardErrorsAreThoseOfALongBootstrap() {
    int[][] columns = columns(500, 7);
    List<String> labels = List.of("0", "1", "2", "3", "4", "5", "6");
    Classification c = Classification.of(columns[0], columns[1], labels);
    assertEquals(0.754, c.accuracy().value(), 1e-15);
    assertEquals(0.7491879603015408, c.macroF1().value(), 1e-12);
    assertEquals(0.7129515495291271, c.mcc().value(), 1e-12);
    // 4,000 resamples in NumPy; a thousand of ours scatter by about 2 %.
    assertEquals(0.01962, c.macroF1().standardError(), 0.0015);
    assertEquals(0.02252, c.mcc().standardError(), 0.0017);
    Classification again = Classification.of(columns[0], columns[1], labels);
    assertEquals(c.macroF1(), again.macroF1());
    assertEquals(c.mcc(), again.mcc());
  }

  @Test
  void perfectPredictionsHaveNoError() {
    Classification c = Classification.of(new int[] {0, 1, 2}, new int[] {0, 1, 2}, ABC);
    assertEquals(new Estimate(1, 0), c.accuracy());
    assertEquals(1, c.mcc().value(), 1e-15);
    assertEquals(1, c.macroF1().value());
  }

  @Test
  void refusesWhatCannotBeScored() {
    assertThrows(HoneException.class, () -> Classification.of(new int[0], new int[0], ABC));
    assertThrows(
        IllegalArgumentException.class,
        () -> Classification.of(new int[] {1}, new int[] {1, 2}, ABC));
    Exception thrown =
        assertThrows(
            IllegalArgumentException.class,
            () -> Classification.of(new int[] {0, 1}, new int[] {0, 3}, ABC));
    assertTrue(String.valueOf(thrown.getMessage()).contains("row 1"), thrown::toString);
  }

  /** A plain congruential generator, so that another language can draw the same rows. */
  private static int[][] columns(int rows, int labels) {
    long state = 42;
    int[][] columns = new int[2][rows];
    long[] draws = new long[3];
    for (int row = 0; row < rows; row++) {
      for (int i = 0; i < 3; i++) {
        state = (state * 1_103_515_245L + 12_345) % (1L << 31);
        draws[i] = state >> 16;
      }
      columns[0][row] = (int) (draws[0] % labels);
      columns[1][row] = draws[1] % 100 < 70 ? columns[0][row] : (int) (draws[2] % labels);
    }
    return columns;
  }
}
