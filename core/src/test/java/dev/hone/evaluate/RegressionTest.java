package dev.hone.evaluate;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class RegressionTest {
  @Test
  void countedByHand() {
    Measures measures =
        Regression.of("tuned", new double[] {1, 2, 3, 4}, new double[] {1, 3, 2, 6});
    assertEquals((0 + 1 + 1 + 4) / 4.0, measures.value("MSE").value(), 1e-12);
    // Means 2.5 and 3; sums of products 7, of squares 5 and 14.
    assertEquals(7 / Math.sqrt(5 * 14), measures.value("pearson").value(), 1e-12);
    assertEquals(1 - 6 * 2 / (4.0 * 15), measures.value("spearman").value(), 1e-12);
  }

  @Test
  void equalNumbersShareTheirRanks() {
    assertArrayEquals(
        new double[] {1, 3, 3, 5, 3}, Regression.ranks(new double[] {-1, 2, 2, 7, 2}));
  }

  @Test
  void aLargeOffsetDoesNotHideWhatDiffers() {
    double[] gold = {1e8, 1e8 + 1, 1e8 + 2};
    assertEquals(1, Regression.of("tuned", gold, gold).value("pearson").value(), 1e-9);
  }

  @Test
  void aConstantHasNoCorrelation() {
    Measures measures = Regression.of("mean", new double[] {1, 2, 3}, new double[] {2, 2, 2});
    assertTrue(Double.isNaN(measures.value("pearson").value()));
    assertTrue(Double.isNaN(measures.value("spearman").value()));
  }
}
