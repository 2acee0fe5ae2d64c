package dev.hone.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Who owns a tensor, and what happens to those who ask after its end. */
class ScopeTest {
  private static final Set<String> ALLOWED_AFTER_THE_END =
      Set.of("close", "isClosed", "toString", "equals", "hashCode", "packed");

  private static Tensor dead() {
    try (Scope scope = Scope.open()) {
      return Tensors.ones(1);
    }
  }

  private static Tensor kept() {
    try (Scope scope = Scope.open()) {
      return Tensors.of(new float[] {1, 2, 3}, 3).keep();
    }
  }

  /** Some value of a parameter's type, with {@code tensor} for every tensor. */
  private static Object[] arguments(Method method, Tensor tensor) {
    return Arrays.stream(method.getParameterTypes())
        .map(
            type -> {
              if (type == Tensor.class) {
                return tensor;
              }
              if (type == List.class) {
                return List.of(tensor);
              }
              if (type == DType.class) {
                return DType.F64;
              }
              if (type == Device.class) {
                return Device.CUDA;
              }
              if (type == MemorySegment.class) {
                return Arena.ofAuto().allocate(64, 8);
              }
              if (type == long[].class) {
                return new long[] {1};
              }
              if (type == float[].class) {
                return new float[] {1};
              }
              if (type == boolean.class) {
                return true;
              }
              if (type == int.class) {
                return 0;
              }
              if (type == long.class) {
                return 1L;
              }
              return type == double.class ? (Object) 0.5 : null;
            })
        .toArray();
  }

  private static void illegalState(Method method, @Nullable Object on, Object[] arguments) {
    Throwable thrown =
        assertThrows(
                InvocationTargetException.class,
                () -> method.invoke(on, arguments),
                () -> method + " worked")
            .getCause();
    assertInstanceOf(IllegalStateException.class, thrown, () -> method + " threw " + thrown);
  }

  static Stream<Method> uses() {
    return Arrays.stream(Tensor.class.getDeclaredMethods())
        .filter(m -> Modifier.isPublic(m.getModifiers()))
        .filter(m -> !ALLOWED_AFTER_THE_END.contains(m.getName()));
  }

  /** Every public function that takes a tensor. */
  static Stream<Method> functions() {
    return Stream.of(Tensor.class, Tensors.class, Functional.class)
        .flatMap(c -> Arrays.stream(c.getDeclaredMethods()))
        .filter(m -> Modifier.isPublic(m.getModifiers()))
        .filter(m -> !m.getName().equals("equals"))
        .filter(
            m ->
                Arrays.asList(m.getParameterTypes()).contains(Tensor.class)
                    || Arrays.asList(m.getParameterTypes()).contains(List.class));
  }

  static Stream<Method> makers() {
    return Arrays.stream(Tensors.class.getDeclaredMethods())
        .filter(m -> Modifier.isPublic(m.getModifiers()));
  }

  @ParameterizedTest
  @MethodSource("uses")
  void everyUseAfterTheEndIsRefused(Method method) {
    try (Scope scope = Scope.open()) {
      illegalState(method, dead(), arguments(method, Tensors.ones(1)));
    }
  }

  @ParameterizedTest
  @MethodSource("functions")
  void everyUseAsAnArgumentAfterTheEndIsRefused(Method method) {
    try (Scope scope = Scope.open()) {
      Tensor on = Tensors.ones(1);
      illegalState(
          method, Modifier.isStatic(method.getModifiers()) ? null : on, arguments(method, dead()));
    }
  }

  @ParameterizedTest
  @MethodSource("makers")
  void nothingIsMadeWithoutAScope(Method method) {
    Tensor tensor = kept();
    illegalState(method, null, arguments(method, tensor));
    tensor.close();
  }

  @Test
  void operationsNeedAScopeAndLeaveNothingBehind() {
    Tensor tensor = kept();
    long before = NativeMemory.objects();
    List<Runnable> uses =
        List.of(
            tensor::neg,
            tensor::sum,
            () -> tensor.add(1.0),
            () -> tensor.add(tensor),
            () -> tensor.to(DType.F64),
            () -> tensor.mulInPlace(2),
            () -> tensor.fill(0),
            () -> tensor.addInPlace(tensor, 1));
    uses.forEach(use -> assertThrows(IllegalStateException.class, use::run));
    assertEquals(before, NativeMemory.objects());
    assertArrayEquals(new float[] {1, 2, 3}, tensor.toFloats());
    tensor.close();
  }

  @Test
  void aScopeFreesWhatWasMadeInIt() {
    assumeTrue(NativeMemory.counts(), "native objects are not counted in this mode");
    long before = NativeMemory.objects();
    try (Scope scope = Scope.open()) {
      Tensor t = Tensors.ones(2, 2).matmul(Tensors.ones(2, 2)).softmax(-1);
      assertTrue(NativeMemory.objects() > before + 3);
      assertFalse(t.isClosed());
    }
    assertEquals(before, NativeMemory.objects());
  }

  @Test
  void theInnermostScopeOwns() {
    try (Scope outer = Scope.open()) {
      Tensor first = Tensors.ones(1);
      Tensor second;
      try (Scope inner = Scope.open()) {
        second = first.add(1.0);
        assertEquals(2, second.item());
      }
      assertTrue(second.isClosed());
      assertFalse(first.isClosed());
      assertEquals("Tensor(closed)", second.toString());
      assertEquals("Tensor(F32[1])", first.toString());
    }
  }

  @Test
  void whatIsKeptOutlivesItsScopeUntilItIsClosed() {
    long before = NativeMemory.objects();
    Tensor tensor = kept();
    assertArrayEquals(new float[] {1, 2, 3}, tensor.toFloats());
    tensor.close();
    assertTrue(tensor.isClosed());
    tensor.close();
    assertEquals(before, NativeMemory.objects());
  }

  @Test
  void whatIsClosedEarlyStaysWithItsScope() {
    try (Scope scope = Scope.open()) {
      Tensor tensor = Tensors.ones(1).keep();
      tensor.close();
      assertEquals(1, tensor.item());
    }
  }

  /** The engine answers with addresses inside other objects here; each needs a life of its own. */
  @Test
  void partsOfOtherObjectsHaveLivesOfTheirOwn() {
    long before = NativeMemory.objects();
    List<Tensor> parts;
    List<Tensor> dead;
    try (Scope scope = Scope.open()) {
      Tensor leaf = Tensors.of(new float[] {3, 1, 2, 4}, 1, 4).requiresGrad(true);
      leaf.square().sum().backward();
      Tensor gradient = java.util.Objects.requireNonNull(leaf.grad());
      parts = List.of(leaf.chunk(2, 1)[1].keep(), leaf.sortDescending()[0].keep(), gradient.keep());
      dead = List.of(leaf.chunk(2, 1)[0], leaf.sortDescending()[1]);
    }
    assertArrayEquals(new float[] {2, 4}, parts.get(0).toFloats());
    assertArrayEquals(new float[] {4, 3, 2, 1}, parts.get(1).toFloats());
    assertArrayEquals(new float[] {6, 2, 4, 8}, parts.get(2).toFloats());
    dead.forEach(tensor -> assertThrows(IllegalStateException.class, tensor::rank));
    parts.forEach(Tensor::close);
    assertEquals(before, NativeMemory.objects());
  }

  @Test
  void closingTwiceIsHarmless() {
    long before = NativeMemory.objects();
    Scope outer = Scope.open();
    Scope inner = Scope.open();
    Tensor tensor = Tensors.ones(1);
    inner.close();
    inner.close();
    assertTrue(tensor.isClosed());
    Tensor second = Tensors.ones(1);
    assertEquals(1, second.item());
    GradMode mode = GradMode.off();
    mode.close();
    mode.close();
    outer.close();
    outer.close();
    assertThrows(IllegalStateException.class, () -> Tensors.ones(1));
    assertEquals(before, NativeMemory.objects());
  }

  @Test
  void aScopeBelongsToItsThread() throws InterruptedException {
    Throwable[] thrown = {null};
    try (Scope scope = Scope.open()) {
      Thread other =
          Thread.ofPlatform()
              .start(
                  () -> {
                    try {
                      Tensors.ones(1);
                    } catch (IllegalStateException e) {
                      thrown[0] = e;
                    }
                  });
      other.join();
    }
    assertInstanceOf(IllegalStateException.class, thrown[0]);
  }
}
