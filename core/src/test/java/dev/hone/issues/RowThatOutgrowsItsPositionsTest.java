package dev.hone.issues;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.hone.TinyDecoders;
import dev.hone.TinyModels;
import dev.hone.generate.GenerationConfig;
import dev.hone.generate.Generator;
import dev.hone.method.lora.Lora;
import dev.hone.method.lora.LoraConfig;
import dev.hone.model.Adapter;
import dev.hone.model.Model;
import dev.hone.model.Pass;
import dev.hone.tensor.GradMode;
import dev.hone.tensor.NativeMemory;
import dev.hone.tensor.Scope;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * LongRoPE turns long rows otherwise: an answer that grew past the limit was refused half-way, and
 * the shorter rows of a batch went on with keys that had been turned as in short ones.
 */
class RowThatOutgrowsItsPositionsTest {
  private static final String LONGROPE = TinyDecoders.stretching().get(1); // beyond 6 tokens
  private static final List<int[]> PROMPTS =
      List.of(
          new int[] {3, 14, 15},
          new int[] {9, 26, 5, 35, 8},
          new int[] {9, 7, 9, 3, 23, 84, 62, 64},
          new int[] {33},
          new int[] {83, 27, 9, 50, 28});

  private static int[] slowly(Model model, int[] prompt, int count) {
    int[] ids = prompt;
    for (int i = 0; i < count; i++) {
      try (Scope scope = Scope.open();
          GradMode off = GradMode.off()) {
        var logits = model.logits(TinyModels.inputs(ids), Pass.plain());
        int next = (int) logits.select(0, 0).select(0, ids.length - 1).argmax(0).item();
        ids = Arrays.copyOf(ids, ids.length + 1);
        ids[ids.length - 1] = next;
      }
    }
    return Arrays.copyOfRange(ids, prompt.length, ids.length);
  }

  @Test
  void isReadAgain() {
    try (Model model = TinyModels.random(LONGROPE)) {
      long before = NativeMemory.objects();
      Generator generator = new Generator(model, Adapter.NONE);
      List<int[]> answers =
          generator.continued(PROMPTS, GenerationConfig.greedy(12), (row, token) -> false);
      for (int row = 0; row < PROMPTS.size(); row++) {
        assertArrayEquals(slowly(model, PROMPTS.get(row), 12), answers.get(row), "row " + row);
      }
      assertEquals(before, NativeMemory.objects());
    }
  }

  @Test
  void isReadAgainWhereOtherRowsHaveEnded() {
    try (Model model = TinyModels.random(LONGROPE)) {
      Generator generator = new Generator(model, Adapter.NONE);
      int[] counts = {9, 2, 4, 11, 1};
      List<Integer> seen = new ArrayList<>(List.of(0, 0, 0, 0, 0));
      List<int[]> answers =
          generator.continued(
              PROMPTS,
              GenerationConfig.greedy(12),
              (row, token) -> {
                seen.set(row, seen.get(row) + 1);
                return seen.get(row) == counts[row];
              });
      for (int row = 0; row < PROMPTS.size(); row++) {
        int[] alone = slowly(model, PROMPTS.get(row), counts[row]);
        assertArrayEquals(alone, answers.get(row), "row " + row);
      }
    }
  }

  @Test
  void isReadAgainWithAnAdapterAndByBeams() {
    try (Model model = TinyModels.random(LONGROPE);
        Lora lora = Lora.attach(LoraConfig.defaults(), model)) {
      Generator generator = new Generator(model, lora); // changes nothing yet
      int[] alone = generator.continued(PROMPTS.getFirst(), GenerationConfig.greedy(9), t -> false);
      assertArrayEquals(slowly(model, PROMPTS.getFirst(), 9), alone);
      GenerationConfig beams = GenerationConfig.beams(9, 3);
      List<int[]> together = generator.searched(PROMPTS, beams, Set.of());
      for (int row = 0; row < PROMPTS.size(); row++) {
        List<int[]> one = generator.searched(List.of(PROMPTS.get(row)), beams, Set.of());
        assertArrayEquals(one.getFirst(), together.get(row), "row " + row);
      }
    }
  }
}
