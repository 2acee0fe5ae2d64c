package dev.hone.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** Memory, gradients and random numbers. */
class TensorTest {

  @Test
  void aTensorOverMemorySharesIt() {
    try (Scope scope = Scope.open();
        Arena arena = Arena.ofConfined()) {
      MemorySegment memory = arena.allocateFrom(ValueLayout.JAVA_FLOAT, 1, 2, 3, 4);
      Tensor tensor = Tensors.over(memory, DType.F32, 2, 2);
      memory.setAtIndex(ValueLayout.JAVA_FLOAT, 3, 40);
      assertArrayEquals(new float[] {1, 2, 3, 40}, tensor.toFloats());
      tensor.fill(7);
      assertEquals(7, memory.getAtIndex(ValueLayout.JAVA_FLOAT, 0));
      assertEquals(memory.address(), tensor.memory().address());
      assertEquals(16, tensor.memory().byteSize());
      assertThrows(
          IllegalArgumentException.class, () -> Tensors.over(memory, DType.F32, 5), "too large");
      assertThrows(IllegalArgumentException.class, () -> Tensors.over(memory, DType.F32, -1));
    }
  }

  @Test
  void aCopyHasMemoryOfItsOwn() {
    try (Scope scope = Scope.open()) {
      Tensor first = Tensors.ones(2);
      Tensor copy = first.copy();
      Tensor shared = first.view(1, 2);
      first.fill(5);
      assertArrayEquals(new float[] {1, 1}, copy.toFloats());
      assertArrayEquals(new float[] {5, 5}, shared.toFloats());
    }
  }

  @Test
  void contentIsEqualOnlyWithTypeAndShape() {
    try (Scope scope = Scope.open()) {
      Tensor ones = Tensors.ones(2, 2);
      assertTrue(ones.contentEquals(Tensors.ones(2, 2)));
      assertFalse(ones.contentEquals(Tensors.ones(4)));
      assertFalse(ones.contentEquals(Tensors.ones(2, 2).to(DType.F64)));
      assertFalse(ones.contentEquals(Tensors.of(new float[] {1, 1, 1, 1.0000001f}, 2, 2)));
      assertFalse(Tensors.full(Double.NaN).contentEquals(Tensors.full(Double.NaN)));
    }
  }

  @Test
  void seesNumbersThatAreNone() {
    try (Scope scope = Scope.open()) {
      assertTrue(Tensors.ones(3).isFinite());
      assertTrue(Tensors.of(new float[0], 0).isFinite());
      assertTrue(Tensors.of(new long[] {1}, 1).isFinite());
      for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
        assertFalse(Tensors.of(new float[] {0, bad, 0}, 3).isFinite());
      }
    }
  }

  @Test
  void equalSeedsGiveEqualNumbers() {
    try (Scope scope = Scope.open()) {
      List<java.util.function.Supplier<Tensor>> drawn =
          List.of(
              () -> Tensors.normal(1, 2, 50),
              () -> Tensors.uniform(-3, -1, 50),
              () -> Functional.dropout(Tensors.ones(200), 0.5, true));
      for (var draw : drawn) {
        Engine.seed(3);
        Tensor first = draw.get();
        Tensor later = draw.get();
        Engine.seed(3);
        assertTrue(first.contentEquals(draw.get()));
        assertFalse(first.contentEquals(later));
      }
    }
  }

  @Test
  void numbersFollowTheirDistributions() {
    Engine.seed(5);
    try (Scope scope = Scope.open()) {
      Tensor normal = Tensors.normal(1, 2, 20000);
      assertEquals(1, normal.mean().item(), 0.06);
      assertEquals(4, normal.add(-1.0).square().mean().item(), 0.15);
      Tensor uniform = Tensors.uniform(-3, -1, 20000);
      assertEquals(-2, uniform.mean().item(), 0.03);
      assertTrue(uniform.max().item() < -1 && uniform.neg().max().item() <= 3);
      float[] dropped = Functional.dropout(Tensors.ones(20000), 0.25, true).toFloats();
      int zeros = 0;
      for (float value : dropped) {
        assertTrue(value == 0 || Math.abs(value - 1 / 0.75) < 1e-6, "value " + value);
        zeros += value == 0 ? 1 : 0;
      }
      assertEquals(0.25, zeros / 20000.0, 0.015);
    }
  }

  @Test
  void gradientsAddUpUntilTheyAreCleared() {
    try (Scope scope = Scope.open()) {
      Tensor x = Tensors.of(new float[] {1, 2, 3}, 3).requiresGrad(true);
      assertNull(x.grad());
      x.square().sum().backward();
      x.square().backward(Tensors.full(10, 3));
      assertArrayEquals(
          new float[] {22, 44, 66}, Objects.requireNonNull(x.grad()).toFloats(), 1e-5f);
      assertEquals(
          Math.sqrt(22 * 22 + 44 * 44 + 66 * 66),
          Gradients.norm(List.of(x, Tensors.ones(1))),
          1e-4);
      Gradients.scale(List.of(x, Tensors.ones(1)), 0.5);
      assertArrayEquals(
          new float[] {11, 22, 33}, Objects.requireNonNull(x.grad()).toFloats(), 1e-5f);
      x.clearGrad();
      assertNull(x.grad());
      assertEquals(0, Gradients.norm(List.of(x)));
    }
  }

  @Test
  void gradientsAreRecordedOnlyWhereTheyAreOn() {
    try (Scope scope = Scope.open()) {
      Tensor x = Tensors.ones(1).requiresGrad(true);
      try (GradMode off = GradMode.off()) {
        assertFalse(x.mul(2.0).requiresGrad());
        try (GradMode on = GradMode.on()) {
          assertTrue(x.mul(2.0).requiresGrad());
        }
        assertFalse(x.mul(2.0).requiresGrad());
      }
      assertTrue(x.mul(2.0).requiresGrad());
      assertFalse(x.detach().mul(2.0).requiresGrad());
    }
  }

  @Test
  void nothingIsCopiedWithoutNeed() {
    try (Scope scope = Scope.open()) {
      Tensor x = Tensors.ones(2, 3);
      assertSame(x, x.to(DType.F32));
      assertSame(x, x.cpu());
      assertSame(x, x.to(Device.CPU));
      assertSame(x, x.contiguous());
      assertNotNull(x.t().contiguous().memory());
    }
  }

  /** Random operations in random scopes, the garbage collector between them. */
  @Test
  void twoThousandRandomOperationsNeitherCrashNorLeak() {
    long before = NativeMemory.objects();
    new Fuzz(1, false).run(2000);
    assertEquals(before, NativeMemory.objects());
    new Fuzz(2, true).run(2000);
    assertEquals(before, NativeMemory.objects());
  }
}
