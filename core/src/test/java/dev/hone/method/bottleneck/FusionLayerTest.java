package dev.hone.method.bottleneck;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import dev.hone.method.Leaves;
import dev.hone.method.MethodCases;
import dev.hone.tensor.GradMode;
import dev.hone.tensor.Scope;
import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * One layer of a fusion, against numbers that AdapterHub's class (adapters 1.3.0) gave in float64
 * for the same weights: element i of the k-th tensor by name is sin(k + i), the n-th of three
 * adapters added sin(10 n + i), the scores are asked for with sin(50 + i), the way around is sin(60
 * + i); two tokens of four channels.
 */
class FusionLayerTest {
  record Arrangement(Map<String, Object> changes, double temperature, List<Double> expected) {}

  static Stream<Arrangement> arrangements() {
    return Stream.of(
        new Arrangement(
            Map.of(),
            1,
            List.of(
                0.820463, -0.656798, -2.268823, 1.857719, -1.309991, 1.750465, 0.996008,
                -3.115935)),
        new Arrangement(
            Map.of("value", false),
            1,
            List.of(
                -0.923694, -1.865507, -1.092181, 0.685291, 1.878172, 1.401262, -0.363961,
                -1.794561)),
        new Arrangement(
            Map.of("residualBefore", true),
            1,
            List.of(
                1.367455, 1.358665, -3.143620, 2.750949, -4.207141, 1.338584, 2.457227, -4.550886)),
        new Arrangement(
            Map.of("key", false),
            1,
            List.of(
                -0.559723, 0.879364, -2.896843, 1.142558, 1.163892, 2.196985, -2.061605, 0.434724)),
        new Arrangement(
            Map.of("query", false),
            1,
            List.of(
                -0.355830, -2.332441, 1.098015, -0.868064, 1.637074, 1.603622, -1.759092,
                0.632615)),
        new Arrangement(
            Map.of("query", false, "key", false),
            1,
            List.of(
                -1.160806, 0.194795, -1.400832, -0.128589, 0.413667, 1.269611, -0.099035,
                -1.203545)),
        new Arrangement(
            Map.of("valueBeforeSoftmax", false),
            1,
            List.of(
                0.820463, -0.656798, -2.268823, 1.857719, -1.309991, 1.750465, 0.996008,
                -3.115935)),
        new Arrangement(
            Map.of("temperature", true),
            50,
            List.of(
                0.272519, -1.070645, -1.179864, 0.847982, 0.034371, 1.407669, 0.099779,
                -1.601510)));
  }

  private static Tensor sines(double from, long... shape) {
    float[] values =
        new float[Math.toIntExact(Arrays.stream(shape).reduce(1, Math::multiplyExact))];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) Math.sin(from + i);
    }
    return Tensors.of(values, shape);
  }

  @ParameterizedTest
  @MethodSource("arrangements")
  void computesWhatAdapterHubComputes(Arrangement arrangement) {
    try (Scope scope = Scope.open();
        GradMode off = GradMode.off()) {
      Leaves leaves = Leaves.fresh();
      FusionConfig config = MethodCases.changed(FusionConfig.defaults(), arrangement.changes());
      FusionLayer layer = FusionLayer.of(config, leaves, 4);
      int k = 1;
      for (Tensor tensor : new TreeMap<>(leaves.trainable()).values()) {
        tensor.copyFrom(sines(k, tensor.shape()));
        k++;
      }
      Tensor out =
          layer.forward(
              sines(50, 1, 2, 4),
              List.of(sines(10, 1, 2, 4), sines(20, 1, 2, 4), sines(30, 1, 2, 4)),
              sines(60, 1, 2, 4),
              scores -> scores.mul(1 / arrangement.temperature()));
      float[] numbers = new float[8];
      for (int i = 0; i < numbers.length; i++) {
        numbers[i] = arrangement.expected().get(i).floatValue();
      }
      assertArrayEquals(numbers, out.toFloats(), 3e-6f);
      leaves.close();
    }
  }

  /** By hand: scores 0 and ln 3 are shares of a quarter and three quarters. */
  @Test
  void sharesAreASoftmaxOfTheScores() {
    try (Scope scope = Scope.open();
        GradMode off = GradMode.off()) {
      FusionLayer plain = new FusionLayer(null, null, null, false);
      float ln3 = (float) Math.log(3);
      Tensor out =
          plain.forward(
              Tensors.of(new float[] {1, 0}, 1, 1, 2),
              List.of(
                  Tensors.of(new float[] {0, 8}, 1, 1, 2),
                  Tensors.of(new float[] {ln3, 4}, 1, 1, 2)),
              Tensors.of(new float[] {10, 20}, 1, 1, 2),
              scores -> scores);
      assertArrayEquals(new float[] {10 + 0.75f * ln3, 20 + 2 + 3}, out.toFloats(), 1e-5f);
    }
  }
}
