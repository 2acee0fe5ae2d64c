package dev.hone.method.bottleneck;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import dev.hone.method.Leaves;
import dev.hone.method.MethodCases;
import dev.hone.method.bottleneck.BnConfig.Residual;
import dev.hone.method.bottleneck.BnConfig.Scaling;
import dev.hone.model.Junction;
import dev.hone.model.Linear;
import dev.hone.model.Norm;
import dev.hone.model.Parameter;
import dev.hone.model.Pass;
import dev.hone.tensor.GradMode;
import dev.hone.tensor.Scope;
import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * One bottleneck in every arrangement, against numbers that AdapterHub's classes (adapters 1.2.0)
 * gave in float64 for the same weights: element i of the k-th tensor by name is sin(k + i), the
 * part was given sin(10 + i) and made sin(20 + i).
 */
class BnTest {
  /**
   * @param normed what comes out of a layer with a norm over its sum
   * @param plain the same without that norm; empty where AdapterHub cannot do it
   */
  record Arrangement(String name, BnConfig config, List<Double> normed, List<Double> plain) {
    @Override
    public String toString() {
      return name;
    }
  }

  private static BnConfig with(Map<String, Object> changes) {
    Map<String, Object> all = new HashMap<>(changes);
    all.put("nonLinearity", "tanh");
    return MethodCases.changed(BnConfig.houlsby(), all);
  }

  static Stream<Arrangement> arrangements() {
    return Stream.of(
        new Arrangement(
            "houlsby",
            with(Map.of()),
            List.of(0.656805, -0.297027, -0.277396, -2.422606),
            List.of(-0.899447, -0.743757, -0.241657, -1.932779)),
        new Arrangement(
            "pfeiffer",
            with(Map.of("originalLnBefore", true)),
            List.of(-0.664252, 0.390004, -1.069981, -0.622075),
            List.of(-0.202549, -1.199707, -0.559071, -1.212647)),
        new Arrangement(
            "around from after the norm",
            with(Map.of("originalLnBefore", true, "residualBeforeLn", Residual.FALSE)),
            List.of(-0.134784, 0.359319, -1.284085, 0.226059),
            List.of(-0.74657, -2.199697, -1.095644, -0.79248)),
        new Arrangement(
            "around from the sum",
            with(Map.of("originalLnBefore", true, "residualBeforeLn", Residual.POST_ADD)),
            List.of(-0.154395, 0.448845, -1.087232, 0.070812),
            List.of()),
        new Arrangement(
            "only before",
            with(Map.of("originalLnBefore", true, "originalLnAfter", false)),
            List.of(1.057947, -0.712171, -0.312461, -0.879027),
            List.of(0.341472, -0.199717, -0.022498, -1.632814)),
        new Arrangement(
            "own norms",
            with(Map.of("lnBefore", true, "lnAfter", true)),
            List.of(-0.861993, -0.160868, -1.424695, -1.542281),
            List.of(0.47373, -1.021558, -1.876765, -1.682138)),
        new Arrangement(
            "own norm over the sum",
            with(Map.of("lnAfter", true, "adapterResidualBeforeLn", true)),
            List.of(-0.02253, 0.503639, -0.905498, 0.010326),
            List.of(-0.245626, -3.349639, -1.218116, -0.161818)),
        new Arrangement(
            "parallel",
            with(Map.of("isParallel", true, "factor", 4.0)),
            List.of(-0.859447, 0.1469, -1.406755, -0.810574),
            List.of(0.131521, -3.2982, -3.489637, -2.178036)),
        new Arrangement(
            "parallel, learned",
            with(
                Map.of(
                    "isParallel",
                    true,
                    "scaling",
                    Scaling.LEARNED,
                    "lnBefore",
                    true,
                    "lnAfter",
                    true)),
            List.of(-0.932184, -0.052148, -1.367493, -1.447983),
            List.of(0.689475, -1.302463, -1.865466, -1.660737)),
        new Arrangement(
            "by channel",
            with(Map.of("scaling", Scaling.CHANNEL, "originalLnBefore", true)),
            List.of(-0.170954, -0.569735, -1.633052, -1.476978),
            List.of(0.916924, 0.126244, -0.55439, -1.204277)));
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
      Bn made = Bn.of(arrangement.config(), leaves, 4, 2);
      int k = 1;
      for (Tensor tensor : new TreeMap<>(leaves.trainable()).values()) {
        tensor.copyFrom(sines(k, tensor.shape()));
        k++;
      }
      Norm norm =
          new Norm(
              "norm",
              new Parameter("norm.weight", sines(30, 4)),
              new Parameter("norm.bias", sines(40, 4)),
              1e-5);
      Linear end = new Linear("end", new Parameter("end.weight", Tensors.zeros(4, 4)), null, false);
      requireSame(arrangement.normed(), made, new Junction(Junction.Part.FEED_FORWARD, end, norm));
      if (!arrangement.plain().isEmpty()) {
        requireSame(arrangement.plain(), made, new Junction(Junction.Part.FEED_FORWARD, end, null));
      }
      leaves.close();
    }
  }

  private static void requireSame(List<Double> expected, Bn bottleneck, Junction at) {
    Tensor out = bottleneck.forward(at, sines(10, 1, 1, 4), sines(20, 1, 1, 4), Pass.plain());
    float[] numbers = new float[4];
    for (int i = 0; i < 4; i++) {
      numbers[i] = expected.get(i).floatValue();
    }
    assertArrayEquals(numbers, out.toFloats(), 3e-6f);
  }
}
