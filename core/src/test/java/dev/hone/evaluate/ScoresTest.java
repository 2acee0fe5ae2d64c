package dev.hone.evaluate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.error.HoneException;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class ScoresTest {

  @Test
  void perplexityByHand() {
    // 12 nats over 8 tokens; residuals 3 - 3, 8 - 6, 1 - 3.
    Perplexity p = Perplexity.of(new double[] {3, 8, 1}, new int[] {2, 4, 2});
    assertEquals(1.5, p.loss().value());
    assertEquals(Math.sqrt(8 * 1.5) / 8, p.loss().standardError(), 1e-15);
    assertEquals(Math.exp(1.5), p.perplexity().value(), 1e-15);
    assertEquals(Math.exp(1.5) * p.loss().standardError(), p.perplexity().standardError(), 1e-15);
    assertEquals(8, p.tokens());
    assertEquals(3, p.rows());
  }

  @Test
  void perplexityErrorIsTheSpreadOverRepeatedSamples() {
    SplittableRandom random = new SplittableRandom(7);
    int repeats = 400;
    double[] values = new double[repeats];
    double claimed = 0;
    for (int repeat = 0; repeat < repeats; repeat++) {
      double[] nll = new double[300];
      int[] tokens = new int[300];
      for (int row = 0; row < 300; row++) {
        tokens[row] = 1 + random.nextInt(40);
        nll[row] = tokens[row] * (1 + random.nextDouble());
      }
      Perplexity p = Perplexity.of(nll, tokens);
      values[repeat] = p.perplexity().value();
      claimed += p.perplexity().standardError() / repeats;
    }
    double mean = Arrays.stream(values).average().orElseThrow();
    double spread =
        Math.sqrt(Arrays.stream(values).map(v -> (v - mean) * (v - mean)).sum() / (repeats - 1));
    assertEquals(1, claimed / spread, 0.12);
  }

  @Test
  void perplexityOfOneRowHasUnknownErrorAndOfNoneIsRefused() {
    Perplexity p = Perplexity.of(new double[] {2}, new int[] {4});
    assertEquals("0.500", p.loss().toString());
    assertThrows(HoneException.class, () -> Perplexity.of(new double[] {0}, new int[] {0}));
  }

  @Test
  void aShareHasTheErrorOfABinomial() {
    assertEquals(new Estimate(0.75, Math.sqrt(0.1875 / 4)), Estimate.share(3, 4));
    assertEquals("0.750 ± 0.217", Estimate.share(3, 4).toString());
  }

  @Test
  void mcNemarIsTheTwoSidedBinomialTest() {
    // scipy.stats.binomtest(k, n, 0.5).pvalue
    assertEquals(0.03515625, McNemar.of(12, 3).pValue(), 1e-15);
    assertEquals(0.01658900337497471, McNemar.of(12, 28).pValue(), 1e-14);
    assertEquals(1, McNemar.of(5, 5).pValue());
    assertEquals(1, McNemar.of(0, 0).pValue());
    assertEquals(2.728464156065947e-10, McNemar.of(600, 400).pValue(), 1e-19);
    assertTrue(McNemar.of(4_000, 10).pValue() > 0);
  }

  @Test
  void mcNemarCountsOnlyRowsThatOneModelGotRight() {
    McNemar m =
        McNemar.of(new int[] {0, 1, 2, 0, 1}, new int[] {0, 1, 2, 1, 0}, new int[] {0, 0, 0, 2, 1});
    assertEquals(2, m.onlyFirst());
    assertEquals(1, m.onlySecond());
    assertEquals(1, m.pValue());
  }
}
