package dev.hone.generate;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.TinyModels;
import dev.hone.model.Adapter;
import dev.hone.model.EncoderDecoder;
import dev.hone.model.Inputs;
import dev.hone.model.Model;
import dev.hone.model.Pass;
import dev.hone.tensor.GradMode;
import dev.hone.tensor.NativeMemory;
import dev.hone.tensor.Scope;
import dev.hone.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class GeneratorBatchTest {

  /** Prompts of 1 to 12 ids, some of equal length. */
  static List<int[]> prompts(long seed, int count) {
    Random random = new Random(seed);
    List<int[]> prompts = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      prompts.add(random.ints(1 + random.nextInt(12), 3, TinyModels.VOCAB).toArray());
    }
    prompts.add(prompts.getFirst().clone());
    return prompts;
  }

  private static boolean last(int token) {
    return token % 9 == 4;
  }

  private static void assertEachAsAlone(Model model, List<int[]> prompts, GenerationConfig config) {
    Generator generator = new Generator(model, Adapter.NONE);
    long before = NativeMemory.objects();
    List<int[]> together = generator.continued(prompts, config, (row, token) -> last(token));
    assertEquals(before, NativeMemory.objects());
    for (int row = 0; row < prompts.size(); row++) {
      int[] alone = generator.continued(prompts.get(row), config, GeneratorBatchTest::last);
      assertArrayEquals(alone, together.get(row), "row " + row);
    }
  }

  @ParameterizedTest(name = "{index}")
  @MethodSource("dev.hone.TinyModels#writerConfigs")
  void eachRowSaysWhatItSaysAlone(String json) {
    try (Model model = TinyModels.random(json)) {
      for (int seed = 0; seed < 6; seed++) {
        List<int[]> prompts = prompts(seed, 1 + seed);
        assertEachAsAlone(model, prompts, GenerationConfig.greedy(14));
        assertEachAsAlone(
            model, prompts, new GenerationConfig(14, 0.9, 20, 0.9, 1.2, List.of(), seed));
      }
    }
  }

  /** A short prompt may go on for longer than the columns that a long one leaves. */
  @ParameterizedTest(name = "{index}")
  @MethodSource("dev.hone.TinyModels#decoderConfigs")
  void eachRowHasTheWholeContext(String json) {
    try (Model model = TinyModels.random(json)) {
      List<int[]> prompts = List.of(new int[TinyModels.POSITIONS - 2], new int[] {3, 14, 15});
      List<int[]> together =
          new Generator(model, Adapter.NONE)
              .continued(prompts, GenerationConfig.greedy(60), (row, token) -> false);
      assertEquals(2, together.get(0).length);
      assertEquals(60, together.get(1).length);
      assertArrayEquals(
          new Generator(model, Adapter.NONE)
              .continued(prompts.get(1), GenerationConfig.greedy(60), token -> false),
          together.get(1));
    }
  }

  /** Nothing remembered: the whole answer anew for every token. */
  @ParameterizedTest(name = "{index}")
  @MethodSource("dev.hone.TinyModels#encoderDecoderConfigs")
  void anEncoderDecoderWritesTheArgmaxOfTheWholeText(String json) {
    int[] read = {3, 14, 15, 92, 65};
    try (Model model = TinyModels.random(json);
        GradMode off = GradMode.off()) {
      int[] written = {((EncoderDecoder) model.backbone()).start()};
      for (int i = 0; i < 40; i++) {
        try (Scope scope = Scope.open()) {
          var ids = Tensors.of(TinyModels.wide(written), 1, written.length);
          Inputs inputs = new Inputs(TinyModels.inputs(read).ids(), null, null, null, ids);
          var logits = model.logits(inputs, Pass.plain()).select(0, 0);
          written = Arrays.copyOf(written, written.length + 1);
          written[written.length - 1] =
              (int) logits.select(0, written.length - 2L).argmax(0).item();
        }
      }
      int[] quickly =
          new Generator(model, Adapter.NONE)
              .continued(read, GenerationConfig.greedy(40), token -> false);
      assertArrayEquals(Arrays.copyOfRange(written, 1, written.length), quickly);
      assertTrue(Arrays.stream(quickly).distinct().count() > 1);
    }
  }

  /** Nothing remembered: each row alone, all of it read anew for every token. */
  private static int[] anew(Model model, int[] prompt, GenerationConfig config) {
    Sampler sampler = new Sampler(config);
    Set<Integer> seen = new HashSet<>();
    Arrays.stream(prompt).forEach(seen::add);
    int[] ids = prompt;
    for (int i = 0; i < config.maxNewTokens(); i++) {
      try (Scope scope = Scope.open()) {
        var logits = model.logits(TinyModels.inputs(ids), Pass.plain());
        int token = sampler.next(logits.select(0, 0).select(0, ids.length - 1L).toFloats(), seen);
        seen.add(token);
        ids = Arrays.copyOf(ids, ids.length + 1);
        ids[ids.length - 1] = token;
      }
    }
    return Arrays.copyOfRange(ids, prompt.length, ids.length);
  }

  @ParameterizedTest(name = "{index}")
  @MethodSource("dev.hone.TinyModels#causalConfigs")
  void unevenRowsGoOnFromWhatIsRememberedAsIfReadAnew(String json) {
    List<int[]> prompts = prompts(8, 4);
    try (Model model = TinyModels.random(json);
        GradMode off = GradMode.off()) {
      for (GenerationConfig config :
          List.of(
              GenerationConfig.greedy(9),
              new GenerationConfig(9, 0.9, 20, 0.9, 1.2, List.of(), 3))) {
        List<int[]> quickly =
            new Generator(model, Adapter.NONE).continued(prompts, config, (row, token) -> false);
        for (int row = 0; row < prompts.size(); row++) {
          assertArrayEquals(
              anew(model, prompts.get(row), config), quickly.get(row), config + ", row " + row);
        }
      }
    }
  }

  @Test
  void theDecoderHasItsOwnContext() {
    try (Model model = TinyModels.random(TinyModels.bartConfig("{}"))) {
      int[] prompt = new int[TinyModels.POSITIONS];
      int[] answer =
          new Generator(model, Adapter.NONE)
              .continued(prompt, GenerationConfig.greedy(200), token -> false);
      assertEquals(TinyModels.POSITIONS - 1, answer.length);
    }
  }
}
