package dev.hone.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

class FusedAdamWTest {
  @Test
  void followsThePapersFormulaOverSeveralSteps() {
    double rate = 1e-2;
    double decay = 0.1;
    double p = 0.5;
    double m = 0;
    double v = 0;
    try (Scope scope = Scope.open()) {
      Tensor parameter = Tensors.of(new float[] {0.5f}, 1);
      Tensor mean = Tensors.zeros(1);
      Tensor variance = Tensors.zeros(1);
      for (int step = 1; step <= 5; step++) {
        double g = 0.3 * step - 0.7;
        FusedAdamW.update(
            List.of(parameter),
            List.of(Tensors.of(new float[] {(float) g}, 1)),
            List.of(mean),
            List.of(variance),
            List.of(Tensors.full(step)),
            rate,
            0.9,
            0.999,
            decay,
            1e-8);
        p -= rate * decay * p;
        m = 0.9 * m + 0.1 * g;
        v = 0.999 * v + 0.001 * g * g;
        double corrected = m / (1 - Math.pow(0.9, step));
        p -= rate * corrected / (Math.sqrt(v / (1 - Math.pow(0.999, step))) + 1e-8);
        assertEquals(p, parameter.item(), 1e-6, "after step " + step);
      }
    }
  }
}
