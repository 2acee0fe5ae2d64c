package dev.hone.generate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Drawn shares against tables worked out by hand. */
class SamplerTest {
  private static final int DRAWS = 20_000;

  /** Logits whose softmax is 0.5, 0.3, 0.15, 0.05, given out of order. */
  private static float[] logits() {
    return new float[] {log(0.15), log(0.5), log(0.05), log(0.3)};
  }

  private static float log(double p) {
    return (float) Math.log(p);
  }

  private static GenerationConfig config(
      double temperature, int topK, double topP, double penalty) {
    return new GenerationConfig(9, temperature, topK, topP, penalty, List.of(), 11);
  }

  static Stream<Arguments> tables() {
    double hot = Math.sqrt(.15) + Math.sqrt(.5) + Math.sqrt(.05) + Math.sqrt(.3);
    double cold = .15 * .15 + .5 * .5 + .05 * .05 + .3 * .3;
    return Stream.of(
        Arguments.of("plain", config(1, 0, 1, 1), new double[] {.15, .5, .05, .3}),
        Arguments.of(
            "hot",
            config(2, 0, 1, 1),
            new double[] {
              Math.sqrt(.15) / hot, Math.sqrt(.5) / hot, Math.sqrt(.05) / hot, Math.sqrt(.3) / hot
            }),
        Arguments.of(
            "cold",
            config(0.5, 0, 1, 1),
            new double[] {.0225 / cold, .25 / cold, .0025 / cold, .09 / cold}),
        Arguments.of("top 1", config(1, 1, 1, 1), new double[] {0, 1, 0, 0}),
        Arguments.of("top 2", config(1, 2, 1, 1), new double[] {0, .625, 0, .375}),
        Arguments.of("top 9", config(1, 9, 1, 1), new double[] {.15, .5, .05, .3}),
        // 0.5 + 0.3 does not reach 0.9, 0.5 + 0.3 + 0.15 does.
        Arguments.of(
            "nucleus", config(1, 0, .9, 1), new double[] {.15 / .95, .5 / .95, 0, .3 / .95}),
        Arguments.of("small nucleus", config(1, 0, .01, 1), new double[] {0, 1, 0, 0}),
        Arguments.of("nucleus of top 3", config(1, 3, .8, 1), new double[] {0, .625, 0, .375}));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("tables")
  void drawsByTheTable(String name, GenerationConfig config, double[] expected) {
    Sampler sampler = new Sampler(config);
    int[] counts = new int[4];
    for (int i = 0; i < DRAWS; i++) {
      counts[sampler.next(logits(), Set.of())]++;
    }
    for (int token = 0; token < 4; token++) {
      double share = counts[token] / (double) DRAWS;
      // Four standard errors; a token that is cut off is never drawn.
      double error = 4 * Math.sqrt(expected[token] * (1 - expected[token]) / DRAWS);
      assertEquals(expected[token], share, error, name + ", token " + token);
    }
  }

  @Test
  void theLikeliestTokenIsTakenAtTemperatureZero() {
    assertEquals(1, new Sampler(GenerationConfig.greedy(1)).next(logits(), Set.of(1)));
    assertEquals(
        0, new Sampler(GenerationConfig.greedy(1)).next(new float[] {2, 2, 1}, Set.of()), "first");
  }

  @Test
  void theLikeliestComeFirstWhateverTheirSign() {
    float[] logits = {-1, 0.5f, -3, 3, 3, -0.5f};
    assertEquals(3, new Sampler(config(1, 1, 1, 1)).next(logits, Set.of()), "the first of equals");
    float[] negative = {-4, -1, -2};
    assertEquals(1, new Sampler(config(1, 1, 1, 1)).next(negative, Set.of()));
  }

  /** Positive logits are divided, negative ones multiplied: both fall. */
  @Test
  void repetitionIsPenalised() {
    float[] logits = {3, 4, -1, -2};
    assertEquals(0, new Sampler(config(0, 0, 1, 2)).next(logits, Set.of(1, 3)));
    assertEquals(List.of(3f, 2f, -1f, -4f), List.of(logits[0], logits[1], logits[2], logits[3]));
  }

  @Test
  void numbersThatAreNoneAreRefused() {
    float[] logits = {1, Float.NaN, 2};
    assertThrows(
        dev.hone.error.HoneException.class,
        () -> new Sampler(GenerationConfig.greedy(1)).next(logits, Set.of()));
    assertThrows(
        dev.hone.error.HoneException.class,
        () -> new Sampler(config(1, 0, 1, 1)).next(logits, Set.of()));
  }

  @Test
  void settingsOutOfRangeAreRefused() {
    assertThrows(IllegalArgumentException.class, () -> config(-1, 0, 1, 1));
    assertThrows(IllegalArgumentException.class, () -> config(Double.NaN, 0, 1, 1));
    assertThrows(IllegalArgumentException.class, () -> config(1, -1, 1, 1));
    assertThrows(IllegalArgumentException.class, () -> config(1, 0, 0, 1));
    assertThrows(IllegalArgumentException.class, () -> config(1, 0, 1.1, 1));
    assertThrows(IllegalArgumentException.class, () -> config(1, 0, Double.NaN, 1));
    assertThrows(IllegalArgumentException.class, () -> config(1, 0, 1, 0));
    assertThrows(IllegalArgumentException.class, () -> config(1, 0, 1, Double.NaN));
    assertThrows(IllegalArgumentException.class, () -> GenerationConfig.greedy(0));
  }
}
