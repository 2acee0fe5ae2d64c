package dev.hone.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.tensor.Scope;
import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class MasksTest {

  private static boolean sees(Tensor mask, long from, long to) {
    return mask.select(0, from).select(0, to).item() != 0;
  }

  @Test
  void aCausalWindowIsThePositionAndWhatIsJustBeforeIt() {
    try (Scope scope = Scope.open()) {
      Tensor mask = Masks.causal(3, 4, Window.last(3));
      assertArrayEquals(new long[] {4, 7}, mask.shape());
      for (int row = 0; row < 4; row++) {
        for (int column = 0; column < 7; column++) {
          int distance = row + 3 - column;
          assertEquals(distance >= 0 && distance < 3, sees(mask, row, column));
        }
      }
    }
  }

  @Test
  void aWindowAroundReachesToBothSides() {
    try (Scope scope = Scope.open()) {
      Tensor mask = Masks.around(6, 1, 4, Window.around(2));
      for (int row = 0; row < 4; row++) {
        for (int column = 0; column < 6; column++) {
          assertEquals(Math.abs(row + 1 - column) <= 2, sees(mask, row, column));
        }
      }
      assertTrue(Window.around(2).covers(3));
      assertFalse(Window.around(2).covers(4));
    }
  }

  private static Tensor assertNotNullMask(@Nullable Tensor mask) {
    assertNotNull(mask);
    return mask;
  }

  /** The fast path: no mask is made where the causal flag says it all. */
  @Test
  void aWindowWiderThanTheRowIsNoWindow() {
    try (Scope scope = Scope.open()) {
      List<LayerKind> kinds =
          List.of(
              LayerKind.PLAIN,
              LayerKind.rotary(Window.last(5), null),
              LayerKind.rotary(Window.last(4), null));
      Inputs inputs = Inputs.of(Tensors.of(new long[5], 1, 5));
      Frame frame = Places.of(inputs, 0, false).frame(kinds);
      assertNull(frame.mask());
      assertTrue(frame.causal());
      assertNull(frame.of(1).mask());
      assertTrue(frame.of(1).causal());
      assertEquals(false, frame.of(2).causal());
      Tensor mask = assertNotNullMask(frame.of(2).mask());
      assertTrue(sees(mask, 4, 1) && !sees(mask, 4, 0));
    }
  }

  @Test
  void slopesOfHeadsThatAreNoPowerOfTwoFillTheGaps() {
    assertArrayEquals(
        new double[] {1 / 4.0, 1 / 16.0, 1 / 64.0, 1 / 256.0, 1 / 2.0, 1 / 8.0},
        new Alibi(6, false, 1).slopes(),
        1e-12);
    assertEquals(1 / 2.0, new Alibi(8, false, 1).slopes()[0], 1e-12);
  }
}
