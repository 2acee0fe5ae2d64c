package dev.hone.generate;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.TinyModels;
import dev.hone.error.HoneException;
import dev.hone.method.lora.Lora;
import dev.hone.method.lora.LoraConfig;
import dev.hone.model.Adapter;
import dev.hone.model.Model;
import dev.hone.model.Pass;
import dev.hone.tensor.GradMode;
import dev.hone.tensor.NativeMemory;
import dev.hone.tensor.Scope;
import dev.hone.tensor.Tensors;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class GeneratorTest {
  private static final int[] PROMPT = {3, 14, 15};

  /** Greedy decoding with nothing remembered: the whole text anew for every token. */
  private static int[] slowly(Model model, Adapter adapter, int count) {
    int[] ids = PROMPT;
    for (int i = 0; i < count; i++) {
      try (Scope scope = Scope.open();
          GradMode off = GradMode.off()) {
        var logits = model.logits(TinyModels.inputs(ids), Pass.plain().with(adapter));
        int next = (int) logits.select(0, 0).select(0, ids.length - 1).argmax(0).item();
        ids = Arrays.copyOf(ids, ids.length + 1);
        ids[ids.length - 1] = next;
      }
    }
    return Arrays.copyOfRange(ids, PROMPT.length, ids.length);
  }

  private static int[] quickly(Model model, Adapter adapter, GenerationConfig config) {
    return new Generator(model, adapter).continued(PROMPT, config, token -> false);
  }

  @ParameterizedTest(name = "{index}")
  @MethodSource("dev.hone.TinyModels#decoderConfigs")
  void greedyIsTheArgmaxOfTheWholeText(String config) {
    try (Model model = TinyModels.random(config);
        Lora lora = Lora.attach(LoraConfig.defaults(), model)) {
      try (Scope scope = Scope.open();
          GradMode off = GradMode.off()) {
        lora.trainable().values().forEach(t -> t.addInPlace(Tensors.normal(0, .2, t.shape()), 1));
      }
      long before = NativeMemory.objects();
      GenerationConfig greedy = GenerationConfig.greedy(20);
      int[] base = slowly(model, Adapter.NONE, 20);
      int[] tuned = slowly(model, lora, 20);
      assertArrayEquals(base, quickly(model, Adapter.NONE, greedy));
      assertArrayEquals(tuned, quickly(model, lora, greedy));
      assertArrayEquals(base, quickly(model, Adapter.NONE, greedy), "no trace of the adapter");
      assertFalse(Arrays.equals(base, tuned));
      int[] all = IntStream.concat(Arrays.stream(base), Arrays.stream(tuned)).distinct().toArray();
      assertTrue(all.length > 2, Arrays.toString(all));
      assertEquals(before, NativeMemory.objects());
    }
  }

  @Test
  void oneSeedIsOneText() {
    try (Model model = TinyModels.llama()) {
      int[] first = quickly(model, Adapter.NONE, drawn(1));
      assertArrayEquals(first, quickly(model, Adapter.NONE, drawn(1)));
      assertFalse(Arrays.equals(first, quickly(model, Adapter.NONE, drawn(2))));
    }
  }

  private static GenerationConfig drawn(long seed) {
    return new GenerationConfig(16, 1.5, 0, 1, 1, List.of(), seed);
  }

  @Test
  void stopsWhereItIsToldTo() {
    try (Model model = TinyModels.llama()) {
      int[] whole = quickly(model, Adapter.NONE, GenerationConfig.greedy(12));
      int end = whole[4];
      int first = 0;
      while (whole[first] != end) {
        first++;
      }
      int[] cut =
          new Generator(model, Adapter.NONE)
              .continued(PROMPT, GenerationConfig.greedy(12), token -> token == end);
      assertArrayEquals(Arrays.copyOf(whole, first + 1), cut);
    }
  }

  @Test
  void theContextIsTheLimit() {
    try (Model model = TinyModels.gpt2()) {
      Generator generator = new Generator(model, Adapter.NONE);
      int[] prompt = new int[TinyModels.POSITIONS - 2];
      assertEquals(
          2, generator.continued(prompt, GenerationConfig.greedy(50), token -> false).length);
      for (int length : new int[] {0, TinyModels.POSITIONS}) {
        var refused =
            assertThrows(
                HoneException.class,
                () ->
                    generator.continued(
                        new int[length], GenerationConfig.greedy(1), token -> false));
        assertTrue(String.valueOf(refused.getMessage()).contains("" + length));
      }
    }
  }

  @Test
  void aModelWithoutALanguageModelHeadIsRefused() {
    try (Model model = TinyModels.bert("BertForSequenceClassification")) {
      var refused = assertThrows(HoneException.class, () -> new Generator(model, Adapter.NONE));
      assertTrue(String.valueOf(refused.getMessage()).contains("BertForSequenceClassification"));
    }
  }
}
