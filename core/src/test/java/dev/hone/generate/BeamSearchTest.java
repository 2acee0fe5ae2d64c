package dev.hone.generate;

import static java.util.Comparator.comparingDouble;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.TinyModels;
import dev.hone.model.Adapter;
import dev.hone.model.Model;
import dev.hone.model.Pass;
import dev.hone.model.family.Families;
import dev.hone.store.TensorFile;
import dev.hone.tensor.GradMode;
import dev.hone.tensor.NativeMemory;
import dev.hone.tensor.Scope;
import dev.hone.tensor.Tensor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class BeamSearchTest {
  private static final Path GOLDEN =
      Path.of(System.getProperty("hone.root")).resolve("../shared/golden").normalize();

  /**
   * Found by Transformers 5.18: model, row of its golden input, num_beams, length_penalty,
   * early_stopping, repetition_penalty, eos_token_id, and the tokens with max_new_tokens 10.
   */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "llama_gqa_tied|0|4|-1.0|FALSE|1.0|80|7 34 90 48 95 94 34 34 90 34",
        "llama_gqa_tied|0|3|0.0|NEVER|1.0|90 91|7 34 90",
        "llama_gqa_tied|0|4|1.0|FALSE|1.5|38|7 34 90 48 88 27 24 41 15 53",
        "llama_gqa_tied|1|3|-1.0|NEVER|1.0|24 50|70 53 24",
        "llama_gqa_tied|1|4|0.0|TRUE|1.5|54 73|70 53 72 24 43 88 54",
        "llama_gqa_tied|1|4|1.0|TRUE|1.5|24|70 53 24",
        "llama_gqa_tied|0|2|0.0|FALSE|1.0|48|7 34 90 48",
        "llama_gqa_tied|0|4|-1.0|TRUE|1.0|38 48|48",
        "gpt2|0|4|1.0|FALSE|1.0|0 24|53 22 76 48 81 8 22 81 0",
        "gpt2|0|2|-1.0|NEVER|1.5|32|18 75 89 76 86 81 95 0 69 53",
        "gpt2|0|3|1.0|TRUE|1.0|15|53 22 76 48 0 0 60 0 0 0",
        "gpt2|1|3|2.0|TRUE|1.0|22 26|49 8 77 53 53 22",
        "gpt2|1|2|-1.0|TRUE|1.0|9 53|53",
        "gpt2|1|3|0.0|FALSE|1.0|22 85|53 22",
        "gpt2|1|2|0.0|NEVER|1.5|18|53 22 77 18",
        "gpt2|0|3|2.0|FALSE|1.0|0 42|53 22 76 48 81 8 22 76 76 77",
        "t5_v1_0|1|2|1.0|FALSE|1.0|6|18 69 6",
        "t5_v1_0|1|2|1.0|NEVER|1.0|6 62|18 69 64 64 64 64 64 64 64 64",
        "t5_v1_0|0|3|2.0|NEVER|1.0|18|14 64 64 64 64 64 64 64 64 64",
        "t5_v1_0|1|3|2.0|TRUE|1.0|6 19|18 69 6",
        "t5_v1_0|1|3|0.0|FALSE|1.0|6 59|69 6",
        "t5_v1_0|0|3|0.0|TRUE|1.0|47 64|14 64",
        "t5_v1_0|0|4|-1.0|FALSE|1.0|33|14 64 64 64 64 64 64 64 64 64",
        "t5_v1_0|1|3|-1.0|NEVER|1.5|47|18 69 6 7 49 36 12 83 64 67",
        "t5_v1_1|1|3|1.0|TRUE|1.0|13 40|0 50 13",
        "t5_v1_1|0|4|2.0|FALSE|1.0|4 77|10 34 46 39 39 39 64 93 93 93",
        "t5_v1_1|0|4|0.0|NEVER|1.0|28 77|50 13 77",
        "t5_v1_1|1|4|1.0|NEVER|1.0|0|0",
        "t5_v1_1|0|4|2.0|TRUE|1.0|34 77|50 84 13 77",
        "t5_v1_1|0|3|-1.0|FALSE|1.0|48|50 13 77 77 9 23 23 88 95 48",
        "t5_v1_1|1|2|2.0|NEVER|1.5|3|55 40 74 75 43 12 20 9 13 23",
        "t5_v1_1|1|4|1.0|FALSE|1.5|12|88 4 55 78 12"
      })
  void findsWhatTransformersFinds(String line) {
    String[] parts = line.split("\\|");
    Path folder = GOLDEN.resolve(parts[0]);
    Assumptions.assumeTrue(Files.isDirectory(folder), "no reference data at " + folder);
    GenerationConfig config =
        new GenerationConfig(
            10,
            0,
            0,
            1,
            Double.parseDouble(parts[5]),
            List.of(),
            0,
            Integer.parseInt(parts[2]),
            Double.parseDouble(parts[3]),
            EarlyStopping.valueOf(parts[4]));
    try (Model model = Families.load(folder)) {
      int[] found =
          new Generator(model, Adapter.NONE)
              .searched(List.of(prompt(folder, Integer.parseInt(parts[1]))), config, ends(parts[6]))
              .getFirst();
      assertArrayEquals(ids(parts[7]), found, Arrays.toString(found));
    }
  }

  private static Set<Integer> ends(String text) {
    return Arrays.stream(ids(text)).boxed().collect(Collectors.toSet());
  }

  private static int[] ids(String text) {
    return Arrays.stream(text.split(" ")).mapToInt(Integer::parseInt).toArray();
  }

  private static int[] prompt(Path folder, int row) {
    try (Scope scope = Scope.open()) {
      Map<String, Tensor> tensors = TensorFile.read(folder.resolve("golden.safetensors"));
      Tensor mask = Objects.requireNonNull(tensors.get("input.attention_mask"));
      Tensor ids = Objects.requireNonNull(tensors.get("input.input_ids"));
      int length = (int) mask.select(0, row).sum().item();
      return Arrays.stream(ids.select(0, row).toLongs())
          .limit(length)
          .mapToInt(i -> (int) i)
          .toArray();
    }
  }

  @ParameterizedTest(name = "{index}")
  @MethodSource("dev.hone.TinyModels#writerConfigs")
  void eachRowFindsWhatItFindsAlone(String json) {
    GenerationConfig config = GenerationConfig.beams(9, 3).withBeams(3, 1.2, EarlyStopping.TRUE);
    Set<Integer> ends = Set.of(5, 17, 40, 71);
    try (Model model = TinyModels.random(json)) {
      Generator generator = new Generator(model, Adapter.NONE);
      List<int[]> prompts = GeneratorBatchTest.prompts(4, 5);
      long before = NativeMemory.objects();
      List<int[]> together = generator.searched(prompts, config, ends);
      assertEquals(before, NativeMemory.objects());
      for (int row = 0; row < prompts.size(); row++) {
        assertArrayEquals(
            generator.searched(List.of(prompts.get(row)), config, ends).getFirst(),
            together.get(row),
            "row " + row);
      }
    }
  }

  /** A text that has grown to so many tokens, and its log-likelihood. */
  private record Text(int[] ids, double score) {
    Text with(int token, double log) {
      int[] longer = Arrays.copyOf(ids, ids.length + 1);
      longer[ids.length] = token;
      return new Text(longer, score + log);
    }
  }

  /** Nothing is carried from token to token, so that nothing has to change places. */
  private static int[] anew(Model model, int[] prompt, int count, int tokens) {
    List<Text> open = List.of(new Text(prompt, 0));
    for (int i = 0; i < tokens; i++) {
      List<Text> longer = new ArrayList<>();
      for (Text text : open) {
        try (Scope scope = Scope.open()) {
          Tensor logits = model.logits(TinyModels.inputs(text.ids), Pass.plain()).select(0, 0);
          float[] logs = logits.select(0, text.ids.length - 1L).logSoftmax(-1).toFloats();
          for (int token = 0; token < logs.length; token++) {
            longer.add(text.with(token, logs[token]));
          }
        }
      }
      open = longer.stream().sorted(comparingDouble(t -> -t.score)).limit(count).toList();
    }
    return Arrays.copyOfRange(open.getFirst().ids, prompt.length, prompt.length + tokens);
  }

  /** What is remembered goes with its beam when beams overtake each other. */
  @ParameterizedTest(name = "{index}")
  @MethodSource("dev.hone.TinyModels#causalConfigs")
  void findsWhatIsFoundWithNothingRemembered(String json) {
    GenerationConfig config = GenerationConfig.beams(8, 4).withBeams(4, 0, EarlyStopping.FALSE);
    List<int[]> prompts = GeneratorBatchTest.prompts(6, 4);
    try (Model model = TinyModels.random(json);
        GradMode off = GradMode.off()) {
      List<int[]> found = new Generator(model, Adapter.NONE).searched(prompts, config, Set.of());
      for (int row = 0; row < prompts.size(); row++) {
        assertArrayEquals(anew(model, prompts.get(row), 4, 8), found.get(row), "row " + row);
      }
    }
  }

  @ParameterizedTest(name = "{index}")
  @MethodSource("dev.hone.TinyModels#writerConfigs")
  void oneBeamIsGreedy(String json) {
    Set<Integer> ends = Set.of(5, 17, 40, 71);
    try (Model model = TinyModels.random(json)) {
      Generator generator = new Generator(model, Adapter.NONE);
      List<int[]> prompts = GeneratorBatchTest.prompts(6, 5);
      GenerationConfig greedy = GenerationConfig.greedy(9);
      List<int[]> found = generator.searched(prompts, greedy, ends);
      List<int[]> said = generator.continued(prompts, greedy, (row, token) -> ends.contains(token));
      for (int row = 0; row < prompts.size(); row++) {
        assertArrayEquals(said.get(row), found.get(row), "row " + row);
      }
    }
  }

  /** With as many beams as there are texts, the search is exhaustive. */
  @Test
  void enoughBeamsFindTheLikeliestText() {
    int words = 8;
    try (Model model = TinyModels.random(TinyModels.llamaConfig("{'vocab_size': " + words + "}"));
        GradMode off = GradMode.off()) {
      int[] prompt = {3, 1, 4};
      GenerationConfig config =
          GenerationConfig.beams(3, 100).withBeams(100, 0, EarlyStopping.NEVER);
      int[] found =
          new Generator(model, Adapter.NONE).searched(List.of(prompt), config, Set.of()).getFirst();
      List<int[]> all = new ArrayList<>();
      for (int i = 0; i < words * words * words; i++) {
        all.add(new int[] {i / words / words, i / words % words, i % words});
      }
      double best = all.stream().mapToDouble(a -> likelihood(model, prompt, a)).max().orElse(0);
      assertEquals(best, likelihood(model, prompt, found), 1e-6);
    }
  }

  private static double likelihood(Model model, int[] prompt, int[] answer) {
    int[] ids = Arrays.copyOf(prompt, prompt.length + answer.length);
    System.arraycopy(answer, 0, ids, prompt.length, answer.length);
    try (Scope scope = Scope.open()) {
      Tensor logs = model.logits(TinyModels.inputs(ids), Pass.plain()).logSoftmax(-1).select(0, 0);
      double sum = 0;
      for (int t = 0; t < answer.length; t++) {
        sum += logs.select(0, prompt.length + t - 1L).select(0, answer[t]).item();
      }
      return sum;
    }
  }

  @Test
  void whatMakesNoSenseIsRefused() {
    String said =
        String.valueOf(
            assertThrows(
                    IllegalArgumentException.class,
                    () ->
                        new GenerationConfig(
                            9, 0.7, 0, 1, 1, List.of(), 0, 4, 1, EarlyStopping.TRUE))
                .getMessage());
    assertTrue(said.contains("numBeams 4"), said);
    assertThrows(IllegalArgumentException.class, () -> GenerationConfig.beams(9, 0));
    try (Model model = TinyModels.llama()) {
      Generator generator = new Generator(model, Adapter.NONE);
      assertThrows(
          IllegalArgumentException.class,
          () -> generator.continued(new int[] {1}, GenerationConfig.beams(9, 2), t -> false));
    }
  }
}
