package dev.hone.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.TinyModels;
import dev.hone.method.LayerGroups;
import dev.hone.model.Model;
import dev.hone.train.Unfreezing.Phase;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Against tables that were worked out by hand from the papers. */
class UnfreezingTest {

  private static List<Phase> gradual(int groups, int total, Double... epochs) {
    return new Unfreezing.Gradual(List.of(epochs), false).phases(groups, 10, total);
  }

  @Test
  void oneMoreGroupEachEpochFromTheTop() {
    assertEquals(
        List.of(
            new Phase(0, 10, 3, 3),
            new Phase(10, 20, 2, 3),
            new Phase(20, 30, 1, 3),
            new Phase(30, 60, 0, 3)),
        gradual(4, 60, 1.0));
  }

  @Test
  void hasAScheduleOfItsOwn() {
    assertEquals(
        List.of(new Phase(0, 20, 2, 2), new Phase(20, 25, 1, 2), new Phase(25, 40, 0, 2)),
        gradual(3, 40, 2.0, 0.5));
    assertEquals(
        List.of(
            new Phase(0, 15, 3, 3),
            new Phase(15, 18, 2, 3),
            new Phase(18, 21, 1, 3),
            new Phase(21, 30, 0, 3)),
        gradual(4, 30, 1.5, 0.3),
        "the last number holds on");
    assertThrows(IllegalArgumentException.class, () -> new Unfreezing.Gradual(List.of(), false));
  }

  @Test
  void aRunThatIsTooShortEndsBeforeAllTrain() {
    assertEquals(List.of(new Phase(0, 10, 3, 3), new Phase(10, 14, 2, 3)), gradual(4, 14, 1.0));
    assertEquals(List.of(new Phase(0, 14, 0, 0)), gradual(1, 14, 1.0), "a single group");
  }

  @Test
  void chainThawTrainsTheTopThenEachAloneThenAll() {
    Unfreezing thaw = new Unfreezing.ChainThaw(List.of(1.0), false);
    assertEquals(
        List.of(
            new Phase(0, 10, 3, 3),
            new Phase(10, 20, 0, 0),
            new Phase(20, 30, 1, 1),
            new Phase(30, 40, 2, 2),
            new Phase(40, 70, 0, 3)),
        thaw.phases(4, 10, 70));
    assertEquals(List.of(new Phase(0, 70, 0, 0)), thaw.phases(1, 10, 70));
  }

  private static void assertRates(LayerRates rates, int blockGroups, double... expected) {
    List<String> layers =
        List.of(
            "model.embed_tokens.weight",
            "model.layers.0.mlp.up_proj.weight",
            "model.layers.1.mlp.up_proj.weight",
            "lm_head.weight");
    try (Model model = TinyModels.llama()) {
      LayerGroups groups = new LayerGroups(model, blockGroups);
      for (int i = 0; i < expected.length; i++) {
        assertEquals(expected[i], rates.factor(groups, layers.get(i)), 5e-7, layers.get(i));
      }
    }
  }

  /** 1/2.6 = 0.384615, 1/6.76 = 0.147929, 1/17.576 = 0.056896. */
  @Test
  void ratesFallByTheFactorFromGroupToGroup() {
    assertRates(new LayerRates.Discriminative(2.6), 0, 0.056896, 0.147929, 0.384615, 1);
    assertRates(new LayerRates.Discriminative(2.6), 1, 0.147929, 0.384615, 0.384615, 1);
    assertRates(new LayerRates.Discriminative(2), 0, 0.125, 0.25, 0.5, 1);
  }

  @Test
  void layerDecayCountsLayersWhateverTheGroups() {
    assertRates(new LayerRates.LayerDecay(0.8), 0, 0.512, 0.64, 0.8, 1);
    assertRates(new LayerRates.LayerDecay(0.8), 1, 0.512, 0.64, 0.8, 1);
    assertRates(new LayerRates.Uniform(), 0, 1, 1, 1, 1);
  }

  /** T = 40, cut = 4, and 36 steps down: fractions of 32 that can be told by head. */
  @Test
  void theTriangleIsThePapers() {
    SlantConfig slant = SlantConfig.defaults();
    double[][] table = {
      {0, 1 / 32.0},
      {1, 8.75 / 32},
      {2, 16.5 / 32},
      {3, 24.25 / 32},
      {4, 1},
      {13, 24.25 / 32},
      {22, 16.5 / 32},
      {31, 8.75 / 32},
      {39, 0.0581597}
    };
    for (double[] row : table) {
      assertEquals(row[1], slant.share((int) row[0], 40), 5e-8, "step " + row[0]);
    }
    // cut_frac 0.25, ratio 5, T = 8: two steps up, six down.
    double[] small = {0.2, 0.6, 1, 0.866667, 0.733333, 0.6, 0.466667, 0.333333};
    for (int step = 0; step < small.length; step++) {
      assertEquals(small[step], new SlantConfig(0.25, 5).share(step, 8), 5e-7, "step " + step);
    }
  }

  /** 10 % of 19 steps is one step, and the paper's line would end below zero. */
  @Test
  void theTriangleNeverFallsBelowItsLowestPoint() {
    for (int total = 1; total < 60; total++) {
      for (int step = 0; step < total; step++) {
        double share = SlantConfig.defaults().share(step, total);
        assertTrue(share >= 1 / 32.0 && share <= 1, step + " of " + total + ": " + share);
      }
    }
  }
}
