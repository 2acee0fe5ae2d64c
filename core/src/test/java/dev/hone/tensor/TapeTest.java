package dev.hone.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is worked by hand must give what the engine records. */
class TapeTest {
  private final Map<String, Tensor> leaves = new LinkedHashMap<>();

  private Tensor leaf(String name, boolean trains, long... shape) {
    Tensor leaf = Tensors.normal(0, 1, shape);
    if (trains) {
      leaves.put(name, leaf.requiresGrad(true));
    }
    return leaf;
  }

  /** Gradients of every leaf, with a tape and without one. */
  private void assertSame(Function<Map<String, Tensor>, Tensor> loss) {
    Map<String, float[]> expected = new LinkedHashMap<>();
    loss.apply(leaves).backward();
    leaves.forEach(
        (name, leaf) -> {
          expected.put(name, java.util.Objects.requireNonNull(leaf.grad()).toFloats());
          leaf.clearGrad();
        });
    try (Tape tape = Tape.open()) {
      tape.backward(loss.apply(leaves));
    }
    leaves.forEach(
        (name, leaf) ->
            assertArrayEquals(
                expected.get(name),
                java.util.Objects.requireNonNull(leaf.grad(), name).toFloats(),
                2e-4f,
                name));
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void linearsThatShareTheirInput(boolean weightsTrain) {
    try (Scope scope = Scope.open()) {
      Engine.seed(4);
      Tensor x = leaf("x", true, 2, 70, 40);
      Tensor w = leaf("w", weightsTrain, 300, 40);
      Tensor b = leaf("b", weightsTrain, 300);
      Tensor v = leaf("v", weightsTrain, 300, 40);
      assertSame(
          l -> {
            Tensor one = Functional.linear(x, w, b);
            Tensor two = Functional.linear(x, v, null);
            return Functional.gatedSilu(one, two).add(one.tanh()).mul(x.sum()).mean();
          });
    }
  }

  @Test
  void lowRankBesideAFrozenMatrix() {
    try (Scope scope = Scope.open()) {
      Engine.seed(5);
      Tensor x = leaf("x", true, 3, 50, 64);
      Tensor w = leaf("w", false, 96, 64);
      Tensor bias = leaf("bias", false, 96);
      Tensor a = leaf("a", true, 8, 64);
      Tensor b = leaf("b", true, 96, 8);
      assertSame(l -> Functional.lowRank(x, w, bias, a, b, 0.25).tanh().sum());
    }
  }

  @Test
  void normsBoundariesAndCheckpoints() {
    try (Scope scope = Scope.open()) {
      Engine.seed(6);
      Tensor x = leaf("x", true, 4, 30, 32);
      Tensor g = leaf("g", true, 32);
      Tensor w = leaf("w", true, 32, 32);
      assertSame(
          l -> {
            Tensor middle = Tape.boundary(x.add(Functional.rmsNorm(x, g, 1e-6)));
            Tensor again =
                Tape.checkpoint(middle, in -> Functional.linear(in, w, null).tanh().add(in));
            return again.mul(middle).add(Functional.linear(again, w, null)).mean();
          });
    }
  }

  @Test
  void theLossAndItsGradientByHand() {
    try (Scope scope = Scope.open()) {
      Engine.seed(7);
      Tensor logits = leaf("logits", true, 9, 21);
      Tensor labels = Tensors.of(new long[] {3, 0, 20, 7, 7, 1, 2, 19, 4}, 9);
      for (double smoothing : List.of(0.0, 0.1)) {
        Tensor loss = Functional.crossEntropySum(logits, labels, smoothing);
        loss.mul(0.5).backward();
        CrossEntropy byHand = CrossEntropy.of(logits, labels, smoothing, 0.5);
        assertEquals(loss.item(), byHand.sum(), 1e-4);
        assertEquals(loss.item(), CrossEntropy.sumOf(logits, labels, smoothing), 1e-4);
        assertArrayEquals(
            java.util.Objects.requireNonNull(logits.grad()).toFloats(),
            byHand.gradient().toFloats(),
            1e-6f);
        logits.clearGrad();
      }
    }
  }

  /** A leaf that is used early, late and within a checkpoint has all of its gradient when told. */
  @Test
  void toldWhenAGradientIsWhole() {
    try (Scope scope = Scope.open()) {
      Engine.seed(6);
      Tensor x = leaf("x", true, 4, 30);
      Tensor w = leaf("w", true, 30, 30);
      Tensor v = leaf("v", true, 30, 30);
      List<String> told = new ArrayList<>();
      Map<String, float[]> then = new LinkedHashMap<>();
      BiFunction<Tensor, String, Tensor> used =
          (given, name) -> {
            Tensor leaf = Objects.requireNonNull(leaves.get(name));
            Tape.whenDone(
                leaf,
                () -> {
                  told.add(name);
                  then.put(name, Objects.requireNonNull(leaf.grad()).toFloats());
                });
            return Functional.linear(given, leaf, null).tanh();
          };
      assertSame(
          l -> {
            Tensor one = Tape.boundary(used.apply(x, "w"));
            Tensor two = Tape.checkpoint(one, in -> used.apply(used.apply(in, "v"), "w"));
            return used.apply(two, "v").add(one).sum();
          });
      assertEquals(List.of("v", "w"), told);
      for (String name : told) {
        float[] whole =
            Objects.requireNonNull(Objects.requireNonNull(leaves.get(name)).grad()).toFloats();
        assertArrayEquals(whole, then.get(name), name);
      }
    }
  }
}
