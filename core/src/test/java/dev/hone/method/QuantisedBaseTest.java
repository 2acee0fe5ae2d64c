package dev.hone.method;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.TinyModels;
import dev.hone.error.HoneException;
import dev.hone.method.MethodCases.Case;
import dev.hone.method.bottleneck.Bottleneck;
import dev.hone.method.bottleneck.BottleneckConfig;
import dev.hone.method.lora.LoraConfig;
import dev.hone.model.Adapter;
import dev.hone.model.Linear;
import dev.hone.model.Model;
import dev.hone.model.NewTokens;
import dev.hone.model.Pass;
import dev.hone.model.Storage;
import dev.hone.model.family.Families;
import dev.hone.tensor.Engine;
import dev.hone.tensor.GradMode;
import dev.hone.tensor.Linalg;
import dev.hone.tensor.NativeMemory;
import dev.hone.tensor.Scope;
import dev.hone.tensor.Tape;
import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import dev.hone.train.AdamW;
import dev.hone.train.TrainConfig;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Adapters over a base of few bits (QLoRA, arXiv:2305.14314). */
class QuantisedBaseTest {
  @TempDir private Path folder;

  static Stream<Case> peft() {
    return MethodCases.peft();
  }

  private Path written(String config) {
    try (Model model = TinyModels.random(config)) {
      return TinyModels.write(folder.resolve("base"), config, model, UnaryOperator.identity());
    }
  }

  /** The same model with the numbers that quantisation has left, in F32. */
  private Model dequantised(String config, Model quantised) {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    try (Scope scope = Scope.open()) {
      quantised.parameters().forEach(p -> tensors.put(p.name(), p.value().dense()));
      return Families.load(TinyModels.write(folder.resolve("dense"), config, tensors));
    }
  }

  private record Learned(float[] logits, Map<String, float[]> gradients) {
    static Learned of(MethodConfig config, Model model) {
      Engine.seed(5);
      try (Method method = MethodTrial.stirred(Methods.attach(config, model), 3);
          Scope scope = Scope.open();
          Tape tape = Tape.open()) {
        Pass pass = Pass.plain().with(method);
        Tensor logits = model.logits(TinyModels.inputs(1, 2, 3, 4), pass);
        Engine.seed(6);
        tape.backward(logits, Tensors.normal(0, 1, logits.shape()));
        Map<String, float[]> gradients = new LinkedHashMap<>();
        method
            .trainable()
            .forEach(
                (name, leaf) -> {
                  Tensor gradient = leaf.grad();
                  gradients.put(name, gradient == null ? new float[0] : gradient.toFloats());
                });
        return new Learned(logits.toFloats(), gradients);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("peft")
  void gradientsAreThoseOverTheDequantisedBase(Case c) {
    Path base = written(c.model());
    try (Model quantised = Families.load(base, Storage.NF4);
        Model plain = dequantised(c.model(), quantised)) {
      Learned.of(c.config(), quantised); // whatever is made once is made
      long before = NativeMemory.objects();
      Learned actual = Learned.of(c.config(), quantised);
      assertEquals(before, NativeMemory.objects());
      Learned expected = Learned.of(c.config(), plain);
      assertClose(expected.logits(), actual.logits(), "logits");
      assertEquals(expected.gradients().keySet(), actual.gradients().keySet());
      expected
          .gradients()
          .forEach((n, g) -> assertClose(g, Objects.requireNonNull(actual.gradients().get(n)), n));
    }
  }

  /** To 1e-6 of the largest number. */
  private static void assertClose(float[] expected, float[] actual, String what) {
    float largest = 1;
    for (float each : expected) {
      largest = Math.max(largest, Math.abs(each));
    }
    assertArrayEquals(expected, actual, 1e-6f * largest, what);
  }

  @ParameterizedTest
  @MethodSource("peft")
  void theMergedModelComputesWhatTheAdapterDoes(Case c) {
    try (Model quantised = Families.load(written(c.model()), Storage.NF4);
        Method method = MethodTrial.stirred(Methods.attach(c.config(), quantised), 3);
        Merged merged = Merged.of(method)) {
      assertArrayEquals(
          MethodTrial.logits(quantised, method), MethodTrial.logits(quantised, merged), 1e-4f);
    }
  }

  /** A method, over a base in this form that may have got new tokens. */
  private record Over(Case c, Storage storage, NewTokens tokens) {
    @Override
    public String toString() {
      return c + " over " + storage.word() + (tokens.isEmpty() ? "" : " with new tokens");
    }

    Model base(Path folder) {
      return Families.load(folder, storage, tokens);
    }

    /** The new tokens among them. */
    float[] logits(Model model, Adapter adapter) {
      int[] ids = {1, 2, 3, TinyModels.VOCAB + tokens.pieces().size() - 1, 4};
      try (Scope scope = Scope.open();
          GradMode off = GradMode.off()) {
        return model.logits(TinyModels.inputs(ids), Pass.plain().with(adapter)).toFloats();
      }
    }
  }

  private static final NewTokens TWO =
      new NewTokens(TinyModels.VOCAB, List.of(new int[] {5, 9, 9}, new int[] {7}));

  private static Case houlsby(String name, String model, List<String> saved) {
    Map<String, Object> changes =
        Map.of("preset", BottleneckConfig.Preset.HOULSBY, "modulesToSave", saved);
    return new Case(name, model, MethodCases.changed(BottleneckConfig.defaults(), changes));
  }

  static Stream<Over> methods() {
    Set<String> some =
        Set.of(
            "lora llama",
            "lora gpt2",
            "saved tied head",
            "dora",
            "vera",
            "loha",
            "ia3",
            "ia3 gpt2",
            "norms",
            "prompt llama",
            "prefix llama",
            "projected prefix llama",
            "prefix t5",
            "p-tuning llama");
    List<Case> cases = new ArrayList<>();
    Stream.concat(peft(), MethodCases.soft())
        .filter(c -> some.contains(c.name()))
        .forEach(cases::add);
    cases.add(houlsby("houlsby llama", MethodCases.LLAMA, List.of()));
    cases.add(houlsby("houlsby with a head", MethodCases.LLAMA, List.of("lm_head")));
    cases.add(houlsby("houlsby bert", MethodCases.BERT, List.of("classifier")));
    assertEquals(some.size() + 3, cases.size());
    return cases.stream()
        .flatMap(c -> Stream.of(Storage.INT8, Storage.NF4).map(s -> new Over(c, s, NewTokens.NONE)))
        .flatMap(
            over ->
                over.c.config() instanceof BottleneckConfig
                    ? Stream.of(over)
                    : Stream.of(over, new Over(over.c, over.storage, TWO)));
  }

  private static void trained(Over over, Model model, Method method) {
    Map<String, float[]> before = new LinkedHashMap<>();
    method.trainable().forEach((name, t) -> before.put(name, t.toFloats()));
    int[] ids = {1, 2, TinyModels.VOCAB + over.tokens.pieces().size() - 1, 3, 4, 5};
    if (!over.tokens.isEmpty()) {
      ids[1] = TinyModels.VOCAB;
    }
    try (AdamW optimizer = new AdamW(TrainConfig.defaults(), method)) {
      for (int step = 0; step < 3; step++) {
        try (Scope scope = Scope.open();
            Tape tape = Tape.open()) {
          Pass pass = Pass.plain().with(method).train(0);
          tape.backward(model.logits(TinyModels.inputs(ids), pass).square().mean());
          optimizer.step(1e-2);
          optimizer.clearGradients();
        }
      }
    }
    method
        .trainable()
        .forEach((name, t) -> assertFalse(Arrays.equals(before.get(name), t.toFloats()), name));
    boolean rows = before.keySet().stream().anyMatch(name -> name.contains("trainable_tokens"));
    assertEquals(!over.tokens.isEmpty(), rows);
  }

  private static void assertMerges(Over over, Model model, Method method, float[] tuned) {
    if (method instanceof SoftPrompt || method instanceof Bottleneck) {
      HoneException refused = assertThrows(HoneException.class, () -> Merged.of(method).close());
      String message = String.valueOf(refused.getMessage());
      assertTrue(message.contains("cannot be merged"), message);
      assertEquals(1, message.lines().count());
    } else {
      try (Merged merged = Merged.of(method)) {
        assertArrayEquals(tuned, over.logits(model, merged), 1e-4f);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("methods")
  void whatIsTrainedIsReadBackToTheBitAndMergesOrSaysWhyNot(Over over) {
    Path base = written(over.c.model());
    Path adapter = folder.resolve("adapter");
    float[] tuned;
    try (Model model = over.base(base);
        Method method = Methods.attach(over.c.config(), model)) {
      float[] plain = over.logits(model, Adapter.NONE);
      trained(over, model, method);
      tuned = over.logits(model, method);
      assertTrue(TinyModels.distance(plain, tuned) > 1e-3);
      assertArrayEquals(plain, over.logits(model, Adapter.NONE), "the base never changes");
      AdapterFiles.write(adapter, method, model, "base", null);
      assertMerges(over, model, method, tuned);
    }
    long before = NativeMemory.objects();
    try (Model model = over.base(base);
        Method read = AdapterFiles.read(adapter, model)) {
      assertArrayEquals(tuned, over.logits(model, read));
      assertMerges(over, model, read, tuned);
    }
    assertEquals(before, NativeMemory.objects());
  }

  @Test
  void bottlenecksHaveNoPlaceForNewTokens() {
    Case c = houlsby("houlsby", MethodCases.LLAMA, List.of());
    try (Model model = Families.load(written(c.model()), Storage.NF4, TWO)) {
      HoneException refused =
          assertThrows(HoneException.class, () -> Methods.attach(c.config(), model).close());
      assertTrue(refused.toString().contains("tokenizer.addTokens"), refused.toString());
    }
  }

  /** Rows for tokens that the base has: over a table of few bits as over the one they came from. */
  @Test
  void rowsOfKnownTokensStandOverAQuantisedTable() {
    Path base = written(MethodCases.TIED);
    Path adapter = folder.resolve("adapter");
    NewTokens spare = new NewTokens(TinyModels.VOCAB - 2, List.of(new int[] {5, 9}, new int[] {7}));
    try (Model model = Families.load(base, spare);
        Method method = MethodTrial.stirred(Methods.attach(LoraConfig.defaults(), model), 3)) {
      AdapterFiles.write(adapter, method, model, "base", null);
    }
    for (Storage storage : List.of(Storage.INT8, Storage.NF4)) {
      Over over = new Over(new Case("rows", "", LoraConfig.defaults()), storage, NewTokens.NONE);
      try (Model model = over.base(base);
          Method read = AdapterFiles.read(adapter, model)) {
        float[] tuned = over.logits(model, read);
        assertTrue(TinyModels.distance(over.logits(model, Adapter.NONE), tuned) > 1e-3);
        assertMerges(over, model, read, tuned);
      }
    }
  }

  @Test
  void fullTuningIsRefusedWhereAWeightIsQuantised() {
    try (Model model = Families.load(written(MethodCases.LLAMA), Storage.NF4)) {
      HoneException refused = assertThrows(HoneException.class, () -> new Full(model).close());
      assertTrue(refused.toString().contains("take method lora"), refused.toString());
      FullConfig norms = new FullConfig(FullConfig.Stored.F32, List.of("norms"), List.of());
      try (Full full = new Full(norms, model)) { // vectors are never quantised
        assertEquals(5, full.trainable().size());
      }
    }
  }

  @Test
  void loftqStartsFromTheBestPairForWhatRoundingLost() {
    LoraConfig config = MethodCases.lora(Map.of("start", LoraConfig.Start.LOFTQ));
    for (String tiny : List.of(MethodCases.LLAMA, MethodCases.GPT2)) {
      Path base = written(tiny);
      try (Model full = Families.load(base);
          Model quantised = Families.load(base, Storage.NF4);
          Method begun = Methods.attach(config, quantised);
          Merged merged = Merged.of(begun);
          Scope scope = Scope.open();
          GradMode off = GradMode.off()) {
        for (Linear linear : full.linears().values()) {
          Tensor moved = merged.values().get(linear.name() + ".weight");
          if (moved == null) {
            continue; // the head
          }
          Tensor weight = linear.weight().value();
          Linear rounded = Objects.requireNonNull(quantised.linears().get(linear.name()));
          Tensor lost = weight.sub(rounded.weight().value());
          float[] singular = Linalg.svd(lost).s().toFloats();
          double best = 0; // Eckart and Young: what no pair of rank 4 can reach
          for (int i = 4; i < singular.length; i++) {
            best += (double) singular[i] * singular[i];
          }
          assertEquals(Math.sqrt(best), Linalg.norm(weight.sub(moved)).item(), 1e-4);
          assertTrue(Math.sqrt(best) < 0.95 * Linalg.norm(lost).item());
        }
      }
    }
  }

  @Test
  void loftqNeedsAQuantisedBase() {
    LoraConfig config = MethodCases.lora(Map.of("start", LoraConfig.Start.LOFTQ));
    try (Model model = Families.load(written(MethodCases.LLAMA), Storage.BFLOAT16)) {
      HoneException refused =
          assertThrows(HoneException.class, () -> Methods.attach(config, model).close());
      assertTrue(refused.toString().contains("set dtype: nf4 or int8"), refused.toString());
    }
  }
}
