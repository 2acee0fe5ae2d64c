package dev.hone.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** Two rows of three positions; the numbers are those of torch.nn.LSTM in double precision. */
class LstmTest {
  private static final int B = 2;
  private static final int T = 3;
  private static final int C = 3;
  private static final int H = 2;

  /** 0.6 sin(start + 0.7 i). */
  private static Tensor waves(double start, long... shape) {
    int count = 1;
    for (long s : shape) {
      count *= (int) s;
    }
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) (0.6 * Math.sin(start + 0.7 * i));
    }
    return Tensors.of(values, shape);
  }

  private static Lstm lstm() {
    return new Lstm(
        waves(1, 4 * H, C).requiresGrad(true),
        waves(2, 4 * H, H).requiresGrad(true),
        waves(3, 4 * H).requiresGrad(true),
        waves(4, 4 * H).requiresGrad(true));
  }

  private static Lstm.State begin() {
    return new Lstm.State(waves(6, B, H), waves(7, B, H));
  }

  private static float[] grad(Tensor leaf) {
    Tensor grad = leaf.grad();
    return grad == null ? new float[0] : grad.toFloats();
  }

  @Test
  void numbersAndGradientsAreTorchs() {
    try (Scope scope = Scope.open()) {
      Lstm lstm = lstm();
      Tensor x = waves(5, B, T, C).requiresGrad(true);
      Lstm.Output out = lstm.forward(x, begin());
      float[] expected = {
        0.10718196f, 0.26065201f, -0.11504302f, 0.15351547f, 0.07254140f, 0.19658147f,
        0.17300170f, 0.15626254f, -0.09381995f, 0.11521904f, 0.07548557f, 0.18676710f
      };
      assertArrayEquals(expected, out.hidden().toFloats(), 1e-6f);
      float[] hidden = {0.07254140f, 0.19658147f, 0.07548557f, 0.18676710f};
      assertArrayEquals(hidden, out.state().hidden().toFloats(), 1e-6f);
      float[] cell = {0.10911982f, 0.25148646f, 0.11356857f, 0.23852051f};
      assertArrayEquals(cell, out.state().cell().toFloats(), 1e-6f);

      out.hidden().mul(waves(8, B, T, H)).sum().backward();
      float[] dx = {
        0.00248841f, -0.03195617f, -0.05137127f, 0.01630895f, 0.05094805f, 0.06162548f,
        0.01351050f, 0.04123431f, 0.04956498f, -0.00857634f, -0.03060474f, -0.03823924f,
        -0.04979742f, -0.16689899f, -0.20550535f, 0.02076885f, -0.00446998f, -0.02760652f
      };
      assertArrayEquals(dx, grad(x), 1e-6f);
      float[] states = {
        0.00089109f, 0.00182744f, 0.03595862f, 0.02680859f, 0.00267996f, 0.01454686f,
        0.01018494f, 0.00252588f, 0.04314534f, 0.04811786f, 0.03276769f, -0.00153848f,
        -0.00778312f, -0.00037613f, 0.00998896f, 0.01071157f
      };
      assertArrayEquals(states, grad(lstm.states()), 1e-6f);
      float[] biases = {
        -0.02034568f,
        0.02446226f,
        0.06305472f,
        -0.00959074f,
        0.28855134f,
        -0.06886892f,
        0.00406500f,
        0.02563222f
      };
      assertArrayEquals(biases, grad(lstm.inputBias()), 1e-6f);
      assertArrayEquals(biases, grad(lstm.stateBias()), 1e-6f);
      float[] inputs = {-0.02354444f, -0.01776588f, -0.00363174f};
      assertArrayEquals(
          inputs, java.util.Arrays.copyOf(grad(lstm.inputs()), 3), 1e-6f, "first of 24");
    }
  }

  @Test
  void halvesAreTheWholeAndNothingIsLeftBehind() {
    long before = NativeMemory.objects();
    try (Scope scope = Scope.open();
        GradMode off = GradMode.off()) {
      Tensor x = waves(5, B, T, C);
      Lstm.Output whole = lstm().forward(x, begin());
      Lstm.Output first = lstm().forward(x.narrow(1, 0, 2), begin());
      Lstm.Output rest = lstm().forward(x.narrow(1, 2, 1), first.state());
      assertArrayEquals(whole.hidden().narrow(1, 2, 1).toFloats(), rest.hidden().toFloats(), 1e-6f);
      assertArrayEquals(whole.state().cell().toFloats(), rest.state().cell().toFloats(), 1e-6f);
    }
    assertEquals(before, NativeMemory.objects());
  }

  @Test
  void shapesThatDoNotFitAreNamed() {
    try (Scope scope = Scope.open()) {
      for (Lstm wrong :
          new Lstm[] {
            new Lstm(waves(1, 7, C), lstm().states(), waves(1, 8), waves(1, 8)),
            new Lstm(lstm().inputs(), waves(1, 8, 3), waves(1, 8), waves(1, 8)),
            new Lstm(lstm().inputs(), lstm().states(), waves(1, 6), waves(1, 8)),
          }) {
        var refused =
            assertThrows(RuntimeException.class, () -> wrong.forward(waves(5, B, T, C), begin()));
        assertTrue(String.valueOf(refused.getMessage()).contains("lstm"), refused.getMessage());
      }
      for (Tensor x : new Tensor[] {waves(5, B, T, 4), waves(5, B, C), waves(5, 3, T, C)}) {
        assertThrows(RuntimeException.class, () -> lstm().forward(x, begin()));
      }
    }
  }
}
