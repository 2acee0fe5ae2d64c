package dev.hone.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Objects;
import org.junit.jupiter.api.Test;

class LabelLogsTest {
  @Test
  void valuesAndGradientAreThoseOfTheEngine() {
    try (Scope scope = Scope.open()) {
      Engine.seed(4);
      Tensor logits = Tensors.normal(0, 3, 6, 11).requiresGrad(true);
      Tensor labels = Tensors.of(new long[] {0, 10, 3, 3, 7, 1}, 6);
      float[] weights = {0.5f, -2, 0, 1, 3, -0.25f};
      double[] wide = {0.5, -2, 0, 1, 3, -0.25};
      LabelLogs logs = LabelLogs.of(logits, labels);
      Tensor picked = logits.logSoftmax(-1).gather(1, labels.unsqueeze(1)).reshape(-1);
      float[] expected = picked.detach().toFloats();
      for (int i = 0; i < 6; i++) {
        assertEquals(expected[i], logs.values()[i], 1e-6);
      }
      picked.mul(Tensors.of(weights, 6)).sum().backward();
      assertArrayEquals(
          Objects.requireNonNull(logits.grad()).toFloats(), logs.gradient(wide).toFloats(), 1e-6f);
    }
  }

  @Test
  void labelsOutsideTheClassesAreRefused() {
    try (Scope scope = Scope.open()) {
      Tensor logits = Tensors.zeros(1, 4);
      assertThrows(
          IllegalArgumentException.class,
          () -> LabelLogs.of(logits, Tensors.of(new long[] {4}, 1)));
    }
  }
}
