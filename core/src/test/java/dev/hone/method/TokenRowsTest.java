package dev.hone.method;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.TinyModels;
import dev.hone.error.HoneException;
import dev.hone.method.ia3.Ia3Config;
import dev.hone.method.lora.LoraConfig;
import dev.hone.model.Adapter;
import dev.hone.model.Inputs;
import dev.hone.model.Model;
import dev.hone.model.ModelFiles;
import dev.hone.model.NewTokens;
import dev.hone.model.Pass;
import dev.hone.model.family.Families;
import dev.hone.store.Safetensors;
import dev.hone.tensor.DType;
import dev.hone.tensor.GradMode;
import dev.hone.tensor.NativeMemory;
import dev.hone.tensor.Scope;
import dev.hone.tensor.Tape;
import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Tokens that a base does not know: their rows train, and are all that an adapter adds. */
class TokenRowsTest {
  private static final int WORDS = TinyModels.VOCAB;
  private static final NewTokens TWO =
      new NewTokens(WORDS, List.of(new int[] {5, 9, 9}, new int[] {7}));
  private static final String DELTA = "token_adapter.trainable_tokens_delta";

  @TempDir Path folder;

  /** Tied and untied, with and without a bias, one and two stacks. */
  static Stream<String> writers() {
    return Stream.of(
        TinyModels.llamaConfig("{}"),
        TinyModels.llamaConfig("{'tie_word_embeddings': true}"),
        TinyModels.gpt2Config("{}"),
        TinyModels.bertConfig("BertForMaskedLM"),
        TinyModels.t5Config("{}"),
        TinyModels.t5Config("{'feed_forward_proj': 'gated-gelu', 'tie_word_embeddings': false}"),
        TinyModels.bartConfig("{}"));
  }

  private Model opened(String config, NewTokens tokens) {
    if (!Files.exists(folder.resolve("config.json"))) {
      try (Model model = TinyModels.random(config)) {
        TinyModels.write(folder, config, model, UnaryOperator.identity());
      }
    }
    return Families.load(folder, tokens);
  }

  /** Every linear but the head, so that any architecture will do. */
  private static Method attached(Model model) {
    return Methods.attach(
        new LoraConfig(2, 4, 0, List.of("all-linear"), false, List.of(), Map.of(), Map.of()),
        model);
  }

  private static Tensor logits(Model model, Adapter adapter, long... ids) {
    Inputs inputs = Inputs.of(Tensors.of(ids, 1, ids.length));
    return model.logits(inputs, Pass.plain().with(adapter));
  }

  private static float[] numbers(Model model, Adapter adapter, long... ids) {
    try (Scope scope = Scope.open();
        GradMode off = GradMode.off()) {
      return logits(model, adapter, ids).toFloats();
    }
  }

  @ParameterizedTest(name = "{index}")
  @MethodSource("writers")
  void rowsBeginAsTheMeanOfTheirPieces(String config) {
    try (Model model = opened(config, TWO);
        Model plain = opened(config, NewTokens.NONE);
        Scope scope = Scope.open();
        GradMode off = GradMode.off()) {
      assertEquals(WORDS + 2, model.config().intValue("vocab_size"));
      for (String name : model.words()) {
        Tensor grown = value(model, name);
        Tensor known = value(plain, name);
        if (grown.rank() == 2 && grown.size(0) > 1) {
          assertTrue(grown.narrow(0, 0, WORDS).contentEquals(known), name);
          assertTrue(grown.select(0, WORDS + 1).contentEquals(known.select(0, 7)), name);
          Tensor mean = known.select(0, 5).add(known.select(0, 9), 2).mul(1 / 3.0);
          double distance = TinyModels.distance(mean.toFloats(), grown.select(0, WORDS).toFloats());
          assertEquals(0, distance, 1e-6, name);
        }
      }
      // What was there computes as before.
      Tensor wide = logits(model, Adapter.NONE, 1, 2, 3);
      Tensor narrow = logits(plain, Adapter.NONE, 1, 2, 3);
      double distance =
          TinyModels.distance(narrow.toFloats(), wide.narrow(2, 0, WORDS).contiguous().toFloats());
      assertEquals(0, distance, 1e-5);
    }
  }

  private static Tensor value(Model model, String name) {
    return model.parameters().stream()
        .filter(p -> p.name().equals(name))
        .findFirst()
        .orElseThrow()
        .value();
  }

  /** The same gradient as the whole table would have in these rows, the output's included. */
  @ParameterizedTest(name = "{index}")
  @MethodSource("writers")
  void gradientsAreThoseOfTheTablesRows(String config) {
    try (Model model = opened(config, TWO);
        Method rows = attached(model);
        Method full = new Full(model);
        Scope scope = Scope.open()) {
      for (Method method : List.of(rows, full)) {
        try (Tape tape = Tape.open()) {
          tape.backward(logits(model, method, 3, WORDS, 4, WORDS + 1, WORDS).square().sum());
        }
      }
      int compared = 0;
      for (Map.Entry<String, Tensor> trained : rows.trainable().entrySet()) {
        if (trained.getKey().endsWith(DELTA)) {
          String table = trained.getKey().replace("base_model.model.", "").replace(DELTA, "weight");
          Tensor all = gradient(Objects.requireNonNull(full.trainable().get(table)));
          float[] expected = all.narrow(0, WORDS, 2).contiguous().toFloats();
          float[] found = gradient(trained.getValue()).toFloats();
          double largest = TinyModels.distance(expected, new float[expected.length]);
          assertTrue(largest > 0, table);
          assertEquals(0, TinyModels.distance(expected, found), 1e-4 * largest, table);
          compared++;
        }
      }
      boolean untied = model.words().stream().filter(n -> n.endsWith(".weight")).count() == 2;
      assertEquals(untied ? 2 : 1, compared);
    }
  }

  private static Tensor gradient(Tensor leaf) {
    return Objects.requireNonNull(leaf.grad());
  }

  @ParameterizedTest(name = "{index}")
  @MethodSource("writers")
  void anAdapterHoldsTheRowsAndNoMore(String config) throws IOException {
    Path with = folder.resolve("with");
    Path without = folder.resolve("without");
    long before = NativeMemory.objects();
    int tables;
    float[] expected;
    try (Model model = opened(config, TWO);
        PeftMethod method = (PeftMethod) MethodTrial.stirred(attached(model), 3)) {
      tables = method.tokens().size();
      expected = numbers(model, method, 3, WORDS, 4, WORDS + 1);
      assertFalse(Arrays.equals(expected, numbers(model, Adapter.NONE, 3, WORDS, 4, WORDS + 1)));
      PeftFiles.write(with, method, model, "base");
    }
    try (Model model = opened(config, NewTokens.NONE);
        PeftMethod method = (PeftMethod) attached(model)) {
      PeftFiles.write(without, method, model, "base");
    }
    assertEquals(bytes(without) + tables * 2 * 32 * 4L, bytes(with));
    try (Model model = opened(config, TWO);
        PeftMethod read = PeftFiles.read(with, model)) {
      assertArrayEquals(expected, numbers(model, read, 3, WORDS, 4, WORDS + 1));
    }
    assertEquals(before, NativeMemory.objects());
    try (Model small = opened(config, NewTokens.NONE)) {
      HoneException refused = assertThrows(HoneException.class, () -> PeftFiles.read(with, small));
      assertTrue(
          String.valueOf(refused.getMessage()).contains("trainable_token_indices"),
          refused.getMessage());
    }
  }

  private static long bytes(Path adapter) {
    try (Safetensors file = Safetensors.open(adapter.resolve("adapter_model.safetensors"))) {
      return file.names().stream().mapToLong(n -> file.get(n).data().byteSize()).sum();
    }
  }

  @ParameterizedTest(name = "{index}")
  @MethodSource("writers")
  void aMergedModelComputesTheSameAndStaysTied(String config) {
    Path out = folder.resolve("merged");
    float[] expected;
    int parameters;
    try (Model model = opened(config, TWO);
        Method method = MethodTrial.stirred(attached(model), 3);
        Merged merged = Merged.of(method)) {
      expected = numbers(model, method, 3, WORDS, 4, WORDS + 1);
      parameters = model.parameters().size();
      ModelFiles.write(out, model, merged.values(), DType.F32);
    }
    try (Model read = Families.load(out)) {
      float[] found = numbers(read, Adapter.NONE, 3, WORDS, 4, WORDS + 1);
      assertEquals(0, TinyModels.distance(expected, found), 1e-4);
      assertEquals(parameters, read.parameters().size());
    }
  }

  /** A published table is often longer than its tokenizer: then it does not grow. */
  @Test
  void rowsToSpareAreUsed() {
    NewTokens spare = new NewTokens(WORDS - 4, List.of(new int[] {1}, new int[0]));
    try (Model model = opened(TinyModels.llamaConfig("{}"), spare);
        Scope scope = Scope.open()) {
      assertEquals(WORDS, model.config().intValue("vocab_size"));
      Tensor table = model.backbone().tokens().weight().value();
      assertTrue(table.select(0, WORDS - 4).contentEquals(table.select(0, 1)));
      try (PeftMethod method = (PeftMethod) attached(model)) {
        assertEquals(
            Map.of(
                "model.embed_tokens", List.of(WORDS - 4, WORDS - 3),
                "lm_head", List.of(WORDS - 4, WORDS - 3)),
            method.tokens());
      }
    }
  }

  @Test
  void otherMethodsTrainThemToo() {
    try (Model model = opened(TinyModels.llamaConfig("{'tie_word_embeddings': true}"), TWO);
        Method ia3 =
            Methods.attach(
                new Ia3Config(List.of("k_proj"), List.of(), List.of(), List.of()), model)) {
      Tensor rows =
          Objects.requireNonNull(
              ia3.trainable().get("base_model.model.model.embed_tokens." + DELTA));
      assertArrayEquals(new long[] {2, 32}, rows.shape());
    }
  }

  @Test
  void aTargetThatIsTheTableIsRefused() {
    try (Model model = opened(TinyModels.llamaConfig("{'tie_word_embeddings': true}"), TWO)) {
      for (String target : List.of("embed_tokens", "lm_head")) {
        LoraConfig config =
            new LoraConfig(2, 4, 0, List.of(target), false, List.of(), Map.of(), Map.of());
        HoneException refused =
            assertThrows(HoneException.class, () -> Methods.attach(config, model));
        assertTrue(
            String.valueOf(refused.getMessage()).contains("modulesToSave"), refused.getMessage());
      }
    }
  }

  @Test
  void aTableThatTrainsWholeHasNoRowsBeside() {
    LoraConfig config =
        new LoraConfig(
            2, 4, 0, List.of("q_proj"), false, List.of("embed_tokens"), Map.of(), Map.of());
    try (Model model = opened(TinyModels.llamaConfig("{}"), TWO);
        PeftMethod method = (PeftMethod) Methods.attach(config, model)) {
      assertEquals(List.of("lm_head"), List.copyOf(method.tokens().keySet()));
    }
  }
}
