package dev.hone.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.hone.TinyModels;
import dev.hone.tensor.Engine;
import dev.hone.tensor.Scope;
import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import org.junit.jupiter.api.Test;

class RopeTest {

  private static Rope rope(String extra) {
    return Rope.of(TinyModels.config(TinyModels.llamaConfig(extra)), 8);
  }

  /** Dimension i and i + D/2 are one complex number, turned by position * frequency. */
  @Test
  void turnsEveryPairByPositionTimesFrequency() {
    Rope rope = rope("{}");
    Engine.seed(1);
    try (Scope scope = Scope.open()) {
      Tensor x = Tensors.normal(0, 1, 1, 1, 3, 8);
      long[] places = {0, 3, 41};
      float[] before = x.toFloats();
      float[] expected = new float[24];
      for (int t = 0; t < 3; t++) {
        for (int i = 0; i < 4; i++) {
          double angle = places[t] / Math.pow(10000, i / 4.0);
          double re = before[t * 8 + i];
          double im = before[t * 8 + i + 4];
          expected[t * 8 + i] = (float) (re * Math.cos(angle) - im * Math.sin(angle));
          expected[t * 8 + i + 4] = (float) (im * Math.cos(angle) + re * Math.sin(angle));
        }
      }
      Tensor flat = Tensors.of(places, 3);
      assertArrayEquals(expected, Rope.rotate(x, rope.angles(flat)).toFloats(), 1e-5f);
      Tensor each = flat.view(1, 3);
      assertArrayEquals(expected, Rope.rotate(x, rope.angles(each)).toFloats(), 1e-5f);
    }
  }

  @Test
  void bothGenerationsOfConfigSayTheSame() {
    Rope older = rope("{'rope_theta': 500.0, 'rope_scaling': {'type': 'linear', 'factor': 4.0}}");
    Rope newer =
        rope(
            "{'rope_parameters': {'rope_type': 'linear', 'factor': 4.0, 'rope_theta': 500.0},"
                + " 'rope_theta': null}");
    double[] expected = new double[4];
    for (int i = 0; i < 4; i++) {
      expected[i] = 1 / Math.pow(500, i / 4.0) / 4;
    }
    assertArrayEquals(expected, older.inverseFrequencies(), 1e-12);
    assertArrayEquals(expected, newer.inverseFrequencies(), 1e-12);
  }

  /** Waves of 6.3, 63, 628 and 6283 positions against a context of 1,000. */
  @Test
  void llama3StretchesLongWavesOnly() {
    double[] scaled =
        rope("{'rope_scaling': {'rope_type': 'llama3', 'factor': 8.0, 'low_freq_factor': 1.0,"
                + " 'high_freq_factor': 4.0, 'original_max_position_embeddings': 1000}}")
            .inverseFrequencies();
    assertEquals(1, scaled[0], 1e-12);
    assertEquals(0.1, scaled[1], 1e-12);
    double smooth = (1000 / (2 * Math.PI * 100) - 1) / 3;
    assertEquals(0.01 * (smooth + (1 - smooth) / 8), scaled[2], 1e-12);
    assertEquals(0.001 / 8, scaled[3], 1e-12);
  }

  /** With 4,096 positions, waves up to number 10 turn 32 times and more, from 23 on not once. */
  @Test
  void yarnStretchesSlowWavesAndSharpensScores() {
    String scaling =
        "{'rope_scaling': {'rope_type': 'yarn', 'factor': 4.0,"
            + " 'original_max_position_embeddings': 4096}}";
    Rope rope = Rope.of(TinyModels.config(TinyModels.llamaConfig(scaling)), 64);
    double[] scaled = rope.inverseFrequencies();
    double[] plain =
        Rope.of(TinyModels.config(TinyModels.llamaConfig("{}")), 64).inverseFrequencies();
    assertEquals(plain[10], scaled[10], 1e-12);
    assertEquals(plain[23] / 4, scaled[23], 1e-12);
    assertEquals(plain[16] * (7 + 6 / 4.0) / 13, scaled[16], 1e-12);
    assertEquals(0.1 * Math.log(4) + 1, rope.scale(), 1e-12);
  }

  @Test
  void pairsSideBySideTurnTogetherAndTheRestStays() {
    Engine.seed(1);
    try (Scope scope = Scope.open()) {
      Tensor x = Tensors.normal(0, 1, 1, 1, 1, 6);
      float[] before = x.toFloats();
      float[] expected = before.clone();
      for (int pair = 0; pair < 2; pair++) {
        double angle = 3 / Math.pow(10000, pair / 2.0);
        float re = before[2 * pair];
        float im = before[2 * pair + 1];
        expected[2 * pair] = (float) (re * Math.cos(angle) - im * Math.sin(angle));
        expected[2 * pair + 1] = (float) (im * Math.cos(angle) + re * Math.sin(angle));
      }
      Tensor place = Tensors.of(new long[] {3}, 1);
      float[] turned = Rope.interleaved(10000, 4).angles(place).turn(x).toFloats();
      assertArrayEquals(expected, turned, 1e-5f);
    }
  }
}
