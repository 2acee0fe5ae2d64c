package dev.hone.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.TinyModels;
import dev.hone.error.HoneException;
import dev.hone.tensor.GradMode;
import dev.hone.tensor.NativeMemory;
import dev.hone.tensor.Scope;
import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A cached pass gives what a pass over everything gives. */
class KeyValueCacheTest {
  private static final int[] IDS = {3, 14, 15, 92, 65, 35, 89, 79, 32, 38, 46};

  private static float[] whole(Model model, int... ids) {
    try (Scope scope = Scope.open()) {
      return model.logits(TinyModels.inputs(ids), Pass.plain()).toFloats();
    }
  }

  /** Logits of these ids after those in the cache. */
  private static float[] next(Model model, KeyValueCache cache, int... ids) {
    try (Scope scope = Scope.open()) {
      return model.logits(TinyModels.inputs(ids), Pass.plain().with(cache)).toFloats();
    }
  }

  private static void assertTail(float[] whole, int from, float[] actual, String what) {
    float[] expected =
        Arrays.copyOfRange(whole, from * TinyModels.VOCAB, from * TinyModels.VOCAB + actual.length);
    assertEquals(0, TinyModels.distance(expected, actual), 2e-5, what);
  }

  @ParameterizedTest(name = "{index}")
  @MethodSource("dev.hone.TinyModels#causalConfigs")
  void anySplitGivesTheLogitsOfTheWhole(String config) {
    try (Model model = TinyModels.random(config);
        GradMode off = GradMode.off()) {
      float[] whole = whole(model, IDS);
      for (int[] chunks :
          new int[][] {{11}, {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}, {4, 1, 3, 3}, {10, 1}}) {
        try (KeyValueCache cache = new KeyValueCache(IDS.length)) {
          int from = 0;
          for (int chunk : chunks) {
            float[] logits = next(model, cache, Arrays.copyOfRange(IDS, from, from + chunk));
            assertTail(whole, from, logits, Arrays.toString(chunks) + " at " + from);
            from += chunk;
          }
          assertEquals(IDS.length, cache.length());
        }
      }
    }
  }

  @ParameterizedTest(name = "{index}")
  @MethodSource("dev.hone.TinyModels#decoderConfigs")
  void whatIsTruncatedIsForgotten(String config) {
    try (Model model = TinyModels.random(config);
        GradMode off = GradMode.off();
        KeyValueCache cache = new KeyValueCache(16)) {
      next(model, cache, 3, 14, 15, 1, 2, 3, 4);
      cache.truncate(3);
      assertTail(whole(model, IDS), 3, next(model, cache, 92, 65, 35), "after truncation");
      assertThrows(IllegalArgumentException.class, () -> cache.truncate(7));
      assertThrows(IllegalArgumentException.class, () -> cache.truncate(-1));
      assertEquals(6, cache.length());
    }
  }

  /** One prompt, several endings: of equal length, then of different ones under a mask. */
  @ParameterizedTest(name = "{index}")
  @MethodSource("dev.hone.TinyModels#decoderConfigs")
  void aRepeatedCacheServesManyEndings(String config) {
    int[] shorter = {3, 14, 15, 92, 1};
    try (Model model = TinyModels.random(config);
        GradMode off = GradMode.off();
        KeyValueCache one = new KeyValueCache(4);
        Scope scope = Scope.open()) {
      next(model, one, 3, 14, 15, 92);
      try (KeyValueCache three = one.repeated(3, 7)) {
        Tensor ids = Tensors.of(new long[] {65, 35, 1, 2, 1, 0}, 3, 2);
        float[] logits = model.logits(Inputs.of(ids), Pass.plain().with(three)).toFloats();
        int row = 2 * TinyModels.VOCAB;
        assertTail(whole(model, IDS), 4, Arrays.copyOf(logits, row), "first ending");
        float[] second = Arrays.copyOfRange(logits, row, 2 * row);
        assertTail(whole(model, 3, 14, 15, 92, 1, 2), 4, second, "second ending");
        assertTail(
            whole(model, shorter), 4, Arrays.copyOfRange(logits, 2 * row, 5 * row / 2), "third");
      }
      try (KeyValueCache two = one.repeated(2, 7)) {
        // Row 1 has one real token in the first chunk, so its second column is masked ever after.
        Tensor ids = Tensors.of(new long[] {65, 35, 1, 0}, 2, 2);
        Tensor mask = Tensors.of(new long[] {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0}, 2, 6);
        model.logits(new Inputs(ids, mask, null, null), Pass.plain().with(two));
        Tensor more = Tensors.of(new long[] {89, 2}, 2, 1);
        Tensor longer = Tensors.of(new long[] {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 1}, 2, 7);
        Tensor places = Tensors.of(new long[] {6, 5}, 2, 1);
        float[] logits =
            model.logits(new Inputs(more, longer, null, places), Pass.plain().with(two)).toFloats();
        assertTail(whole(model, IDS), 6, Arrays.copyOf(logits, TinyModels.VOCAB), "long row");
        float[] second = Arrays.copyOfRange(logits, TinyModels.VOCAB, logits.length);
        assertTail(whole(model, 3, 14, 15, 92, 1, 2), 5, second, "short row");
      }
      assertTail(whole(model, IDS), 4, afterOne(model, one), "the original is untouched");
    }
  }

  private static float[] afterOne(Model model, KeyValueCache one) {
    try (KeyValueCache copy = one.repeated(1, 1)) {
      return next(model, copy, 65);
    }
  }

  /** What is remembered was turned as in a short row, which the longer one is not. */
  @ParameterizedTest(name = "{index}")
  @MethodSource("dev.hone.TinyDecoders#stretching")
  void positionsThatChangeWithTheLengthAreNotContinued(String config) {
    try (Model model = TinyModels.random(config);
        GradMode off = GradMode.off();
        KeyValueCache cache = new KeyValueCache(16)) {
      float[] within = next(model, cache, Arrays.copyOf(IDS, 5));
      assertTail(whole(model, Arrays.copyOf(IDS, 5)), 0, within, "within the limit");
      HoneException refused = assertThrows(HoneException.class, () -> next(model, cache, 35, 89));
      assertTrue(
          String.valueOf(refused.getMessage()).contains("more than 6"), refused.getMessage());
    }
    try (Model model = TinyModels.random(config);
        GradMode off = GradMode.off();
        KeyValueCache cache = new KeyValueCache(16)) {
      float[] beyond = next(model, cache, IDS);
      assertTail(whole(model, IDS), 0, beyond, "beyond the limit");
    }
  }

  @Test
  void aFullCacheRefusesMore() {
    try (Model model = TinyModels.llama();
        GradMode off = GradMode.off();
        KeyValueCache cache = new KeyValueCache(3)) {
      next(model, cache, 1, 2);
      assertThrows(IllegalArgumentException.class, () -> next(model, cache, 3, 4));
      assertEquals(2, cache.length());
    }
  }

  @Test
  void closingFreesEverything() {
    try (Model model = TinyModels.llama();
        GradMode off = GradMode.off()) {
      long before = NativeMemory.objects();
      try (KeyValueCache cache = new KeyValueCache(8)) {
        next(model, cache, 1, 2);
        try (Scope scope = Scope.open();
            KeyValueCache copy = cache.repeated(3, 2)) {
          assertEquals(2, copy.length());
        }
      }
      assertEquals(before, NativeMemory.objects());
    }
  }
}
