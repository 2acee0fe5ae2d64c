package dev.hone.method.bottleneck;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.TinyEncoders;
import dev.hone.TinyModels;
import dev.hone.error.HoneException;
import dev.hone.method.AdapterFiles;
import dev.hone.method.Method;
import dev.hone.method.MethodCases;
import dev.hone.method.Methods;
import dev.hone.method.Routed;
import dev.hone.method.bottleneck.BnConfig.Residual;
import dev.hone.method.bottleneck.BottleneckConfig.Preset;
import dev.hone.model.Adapter;
import dev.hone.model.Inputs;
import dev.hone.model.Model;
import dev.hone.model.Pass;
import dev.hone.store.TensorFile;
import dev.hone.store.TorchFile;
import dev.hone.tensor.Engine;
import dev.hone.tensor.GradMode;
import dev.hone.tensor.NativeMemory;
import dev.hone.tensor.Scope;
import dev.hone.tensor.Tape;
import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import dev.hone.train.AdamW;
import dev.hone.train.TrainConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class BottleneckTest {
  private static final String LLAMA = MethodCases.LLAMA;
  private static final Path SAFE = Path.of("adapter.safetensors");
  private static final Path TORCH = Path.of("pytorch_adapter.bin");

  @TempDir Path folder;

  /**
   * @param place the module of its first bottleneck
   */
  record Case(String name, String model, BottleneckConfig config, String place) {
    @Override
    public String toString() {
      return name;
    }
  }

  private static BottleneckConfig config(Preset preset, Map<String, Object> changes) {
    Map<String, Object> all = new LinkedHashMap<>(changes);
    all.put("preset", preset);
    all.putIfAbsent("reductionFactor", 4.0);
    return MethodCases.changed(BottleneckConfig.defaults(), all);
  }

  private static BottleneckConfig houlsby() {
    return config(Preset.HOULSBY, Map.of());
  }

  private static BottleneckConfig pfeiffer() {
    return config(Preset.PFEIFFER, Map.of());
  }

  static Stream<Case> cases() {
    BottleneckConfig everywhere = config(Preset.HOULSBY, Map.of("crossAdapter", true));
    String roberta = TinyEncoders.config("RobertaForSequenceClassification", "{}");
    String distilbert = TinyEncoders.config("DistilBertForSequenceClassification", "{}");
    String deberta = TinyEncoders.config("DebertaV2ForSequenceClassification", "{}");
    return Stream.of(
        new Case("houlsby llama", LLAMA, houlsby(), "model.layers.0.attention_adapters."),
        new Case("pfeiffer llama", LLAMA, pfeiffer(), "model.layers.0.output_adapters."),
        new Case(
            "parallel llama",
            LLAMA,
            config(Preset.PARALLEL, Map.of("scaling", "learned")),
            "model.layers.0.output_adapters."),
        new Case(
            "norms of its own",
            LLAMA,
            config(Preset.HOULSBY, Map.of("lnBefore", true, "lnAfter", true, "dropout", 0.1)),
            "model.layers.0.attention_adapters."),
        new Case(
            "top layer",
            LLAMA,
            config(Preset.PFEIFFER, Map.of("leaveOut", List.of(0), "scaling", "channel")),
            "model.layers.1.output_adapters."),
        new Case(
            "houlsby gpt2", MethodCases.GPT2, houlsby(), "transformer.h.0.attention_adapters."),
        new Case(
            "houlsby bert",
            MethodCases.BERT,
            config(Preset.HOULSBY, Map.of("modulesToSave", List.of("classifier"))),
            "bert.encoder.layer.0.attention.output."),
        new Case(
            "around from the sum",
            MethodCases.BERT,
            config(Preset.PFEIFFER, Map.of("residualBeforeLn", Residual.POST_ADD)),
            "bert.encoder.layer.0.output."),
        new Case("masked bert", MethodCases.MASKED, pfeiffer(), "bert.encoder.layer.0.output."),
        new Case("roberta", roberta, pfeiffer(), "roberta.encoder.layer.0.output."),
        new Case("deberta", deberta, houlsby(), "deberta.encoder.layer.0.attention.output."),
        new Case(
            "distilbert",
            distilbert,
            houlsby(),
            "distilbert.transformer.layer.0.attention_adapters."),
        new Case("t5", TinyModels.t5Config("{}"), everywhere, "encoder.block.0.layer.0."),
        new Case(
            "bart",
            TinyModels.bartConfig("{}"),
            everywhere,
            "model.encoder.layers.0.attention_adapters."));
  }

  private static float[] logits(Model model, Adapter adapter) {
    try (Scope scope = Scope.open();
        GradMode off = GradMode.off()) {
      return model.logits(TinyModels.inputs(1, 2, 3, 4), Pass.plain().with(adapter)).toFloats();
    }
  }

  private static void train(Model model, Method method) {
    try (AdamW optimizer = new AdamW(TrainConfig.defaults(), method)) {
      for (int step = 0; step < 4; step++) {
        try (Scope scope = Scope.open();
            Tape tape = Tape.open()) {
          Pass pass = Pass.plain().with(method).train(0);
          tape.backward(model.logits(TinyModels.inputs(1, 2, 3, 4), pass).square().mean());
          optimizer.step(1e-2);
          optimizer.clearGradients();
        }
      }
    }
  }

  private static <M extends Method> M stirred(M method, long seed) {
    Engine.seed(seed);
    try (Scope scope = Scope.open();
        GradMode off = GradMode.off()) {
      method.trainable().values().forEach(t -> t.addInPlace(Tensors.normal(0, .1, t.shape()), 1));
    }
    return method;
  }

  @ParameterizedTest
  @MethodSource("cases")
  void trainedSavedAndReadItGivesTheSameAnswers(Case c) throws IOException {
    float[] tuned;
    try (Model model = TinyModels.random(c.model())) {
      float[] base = logits(model, Adapter.NONE);
      long before = NativeMemory.objects();
      try (Method method = Methods.attach(c.config(), model)) {
        String first = method.trainable().keySet().iterator().next();
        assertTrue(first.startsWith(c.place() + "adapters.hone."), first);
        train(model, method);
        assertArrayEquals(base, logits(model, Adapter.NONE), "training leaves the base alone");
        tuned = logits(model, method);
        assertTrue(TinyModels.distance(base, tuned) > 1e-4, "it learns");
        AdapterFiles.write(folder, method, model, "tiny", null);
      }
      assertEquals(before, NativeMemory.objects());
    }
    try (Model model = TinyModels.random(c.model())) {
      try (Method read = AdapterFiles.read(folder, model)) {
        assertArrayEquals(tuned, logits(model, read));
      }
      Files.delete(folder.resolve(SAFE));
      try (Method read = AdapterFiles.read(folder, model)) {
        assertArrayEquals(tuned, logits(model, read), "from torch's form");
        AdapterFiles.write(folder.resolve("again"), read, model, "tiny", null);
      }
    }
    for (String file : List.of("adapter_config.json", "pytorch_adapter.bin")) {
      assertArrayEquals(
          Files.readAllBytes(folder.resolve(file)),
          Files.readAllBytes(folder.resolve("again").resolve(file)),
          file);
    }
  }

  /** By the tape, which trainers use, as by the engine alone. */
  @ParameterizedTest
  @MethodSource("cases")
  void everythingThatTrainsGetsTheRightGradient(Case c) {
    try (Model model = TinyModels.random(c.model());
        Method method = stirred(Methods.attach(c.config(), model), 1)) {
      Map<String, float[]> plain = new LinkedHashMap<>();
      try (Scope scope = Scope.open()) {
        loss(model, method).backward();
        method.trainable().forEach((name, t) -> plain.put(name, gradient(name, t)));
        method.trainable().values().forEach(Tensor::clearGrad);
      }
      try (Scope scope = Scope.open();
          Tape tape = Tape.open()) {
        tape.backward(loss(model, method));
        method
            .trainable()
            .forEach(
                (name, t) -> {
                  float[] expected = Objects.requireNonNull(plain.get(name));
                  float largest = 0;
                  for (float g : expected) {
                    largest = Math.max(largest, Math.abs(g));
                  }
                  assertTrue(largest > 0, name);
                  assertArrayEquals(expected, gradient(name, t), 1e-5f * largest, name);
                });
      }
      model.parameters().forEach(p -> assertFalse(p.value().requiresGrad(), p.name()));
    }
  }

  private static Tensor loss(Model model, Method method) {
    return model.logits(TinyModels.inputs(1, 2, 3), Pass.plain().with(method)).square().sum();
  }

  private static float[] gradient(String name, Tensor tensor) {
    Tensor gradient = tensor.grad();
    assertTrue(gradient != null, name);
    return Objects.requireNonNull(gradient).toFloats();
  }

  /** The derivative along a direction is the difference of two losses. */
  @Test
  void theGradientIsTheSlope() {
    try (Model model = TinyModels.random(MethodCases.BERT);
        Method method = stirred(Methods.attach(houlsby(), model), 1);
        Scope scope = Scope.open()) {
      loss(model, method).backward();
      Engine.seed(5);
      double slope = 0;
      double step = 1e-2;
      List<Tensor> directions = new ArrayList<>();
      for (Tensor tensor : method.trainable().values()) {
        Tensor direction = Tensors.normal(0, 1, tensor.shape());
        directions.add(direction);
        slope += Objects.requireNonNull(tensor.grad()).mul(direction).sum().item();
      }
      double above = moved(model, method, directions, step);
      double below = moved(model, method, directions, -2 * step);
      assertEquals(slope, (above - below) / (2 * step), 0.02 * Math.abs(slope));
    }
  }

  private static double moved(Model model, Method method, List<Tensor> by, double step) {
    try (GradMode off = GradMode.off()) {
      int i = 0;
      for (Tensor tensor : method.trainable().values()) {
        tensor.addInPlace(by.get(i), step);
        i++;
      }
      return loss(model, method).item();
    }
  }

  @Test
  void aParallelOneChangesNothingAtFirst() {
    try (Model model = TinyModels.llama();
        Method method = Methods.attach(config(Preset.PARALLEL, Map.of()), model)) {
      assertArrayEquals(logits(model, Adapter.NONE), logits(model, method));
    }
  }

  @Test
  void theMiddleIsNarrowerByTheFactor() {
    try (Model model = TinyModels.llama();
        Method method =
            Methods.attach(config(Preset.PFEIFFER, Map.of("reductionFactor", 5.0)), model)) {
      Tensor down =
          method
              .trainable()
              .get("model.layers.0.output_adapters.adapters.hone.adapter_down.0.weight");
      assertArrayEquals(new long[] {6, 32}, Objects.requireNonNull(down).shape());
    }
  }

  private void refused(Model model, Map<String, Tensor> tensors, String name, boolean torch)
      throws IOException {
    Files.deleteIfExists(folder.resolve(SAFE));
    if (torch) {
      TorchFile.write(folder.resolve(TORCH), tensors);
    } else {
      TensorFile.write(folder.resolve(SAFE), tensors);
    }
    long before = NativeMemory.objects();
    HoneException refused =
        assertThrows(HoneException.class, () -> AdapterFiles.read(folder, model).close());
    assertTrue(String.valueOf(refused.getMessage()).contains(name), refused.getMessage());
    assertEquals(before, NativeMemory.objects(), "nothing stays behind");
  }

  @ParameterizedTest
  @MethodSource("cases")
  void aTensorThatDoesNotFitIsRefusedByName(Case c) throws IOException {
    try (Model model = TinyModels.random(c.model());
        Method method = Methods.attach(c.config(), model);
        Scope scope = Scope.open()) {
      AdapterFiles.write(folder, method, model, "tiny", null);
      Map<String, Tensor> sound = TensorFile.read(folder.resolve(SAFE));
      String last = List.copyOf(sound.keySet()).getLast();
      for (boolean torch : List.of(false, true)) {
        refused(model, with(sound, t -> t.remove(last)), last, torch);
        refused(model, with(sound, t -> t.put(last + "x", Tensors.ones(1))), last + "x", torch);
        Tensor wider = Tensors.zeros(Objects.requireNonNull(sound.get(last)).size(0) + 1);
        refused(model, with(sound, t -> t.put(last, wider)), last, torch);
      }
    }
  }

  private static Map<String, Tensor> with(
      Map<String, Tensor> sound, Consumer<Map<String, Tensor>> change) {
    Map<String, Tensor> changed = new LinkedHashMap<>(sound);
    change.accept(changed);
    return changed;
  }

  @Test
  void twoThreadsWithTwoAdaptersGetTheirOwnAnswers() throws Exception {
    try (Model model = TinyModels.llama();
        Method a = stirred(Methods.attach(houlsby(), model), 1);
        Method b = stirred(Methods.attach(pfeiffer(), model), 2);
        ExecutorService threads = Executors.newFixedThreadPool(3)) {
      List<Adapter> adapters = List.of(a, b, Adapter.NONE);
      List<float[]> solo = adapters.stream().map(x -> logits(model, x)).toList();
      assertTrue(TinyModels.distance(solo.get(0), solo.get(1)) > 1e-3);
      List<Future<?>> runs = new ArrayList<>();
      for (int i = 0; i < adapters.size(); i++) {
        int at = i;
        Callable<Void> run =
            () -> {
              for (int n = 0; n < 30; n++) {
                assertArrayEquals(solo.get(at), logits(model, adapters.get(at)));
              }
              return null;
            };
        runs.add(threads.submit(run));
      }
      for (Future<?> run : runs) {
        run.get();
      }
    }
  }

  @Test
  void rowsOfOneBatchGoThroughAdaptersOfTheirOwn() {
    try (Model model = TinyModels.llama();
        Method a = stirred(Methods.attach(houlsby(), model), 1);
        Method b = stirred(Methods.attach(config(Preset.PARALLEL, Map.of()), model), 2);
        Scope scope = Scope.open();
        GradMode off = GradMode.off()) {
      Tensor ids = Tensors.of(new long[] {1, 2, 3, 4, 4, 3, 2, 1, 5, 6, 7, 8}, 3, 4);
      List<Adapter> adapters = List.of(b, Adapter.NONE, a);
      Tensor mixed = model.logits(Inputs.of(ids), Pass.plain().with(new Routed(adapters, model)));
      for (int row = 0; row < 3; row++) {
        Inputs own = Inputs.of(ids.narrow(0, row, 1));
        Tensor solo = model.logits(own, Pass.plain().with(adapters.get(row)));
        assertEquals(
            0, TinyModels.distance(solo.toFloats(), mixed.narrow(0, row, 1).toFloats()), 1e-5);
      }
    }
  }

  /** A classifier whose files hold no head. */
  private static Model headless(Model whole) {
    return new Model(
        whole.architecture(),
        whole.config(),
        whole.backbone(),
        whole.head(),
        whole.parameters(),
        whole.linears(),
        whole.fileNames(),
        List.of("classifier.weight", "classifier.bias"),
        whole.surplus(),
        whole.newTokens(),
        null);
  }

  @Test
  void aNewHeadTrainsAndIsSaved() throws IOException {
    try (Model whole = TinyModels.random(MethodCases.BERT)) {
      Model headless = headless(whole);
      try (Method method = stirred(Methods.attach(pfeiffer(), headless), 1)) {
        assertTrue(method.trainable().containsKey("classifier.weight"));
        assertFalse(method.trainable().containsKey("bert.pooler.dense.weight"));
        AdapterFiles.write(folder, method, headless, "tiny", null);
        assertTrue(Files.exists(folder.resolve("pytorch_model_head.bin")));
        try (Method read = AdapterFiles.read(folder, headless)) {
          assertArrayEquals(logits(headless, method), logits(headless, read));
          assertEquals(method.trainable().keySet(), read.trainable().keySet());
        }
        for (String file : List.of("model_head.safetensors", "pytorch_model_head.bin")) {
          Files.delete(folder.resolve(file));
        }
        requireRefused("'classifier.weight'", () -> AdapterFiles.read(folder, headless).close());
      }
      // With a head of its own, the base's stays as it is unless it is asked for.
      try (Method method = Methods.attach(pfeiffer(), whole)) {
        assertFalse(method.trainable().containsKey("classifier.weight"));
      }
    }
  }

  private static void requireRefused(String expected, Runnable action) {
    HoneException refused = assertThrows(HoneException.class, action::run);
    assertTrue(String.valueOf(refused.getMessage()).contains(expected), refused.getMessage());
  }

  private static void refuses(String model, BottleneckConfig config, String expected) {
    try (Model made = TinyModels.random(model)) {
      long before = NativeMemory.objects();
      requireRefused(expected, () -> Methods.attach(config, made).close());
      assertEquals(before, NativeMemory.objects(), "nothing stays behind");
    }
  }

  @Test
  void whatCannotBeIsRefused() {
    refuses(
        LLAMA, config(Preset.PFEIFFER, Map.of("residualBeforeLn", Residual.POST_ADD)), "post-add");
    refuses(LLAMA, config(Preset.PFEIFFER, Map.of("leaveOut", List.of(2))), "0 to 1");
    refuses(LLAMA, config(Preset.PFEIFFER, Map.of("outputAdapter", false)), "no place");
    refuses(LLAMA, config(Preset.PFEIFFER, Map.of("modulesToSave", List.of("wte"))), "'wte'");
    refuses(
        LLAMA,
        config(Preset.PFEIFFER, Map.of("modulesToSave", List.of("embed_tokens"))),
        "a head only");
    refuses(
        TinyEncoders.config("AlbertForSequenceClassification", "{}"), pfeiffer(), "share their");
    refuses(
        TinyEncoders.config("ModernBertForSequenceClassification", "{}"),
        pfeiffer(),
        "no place in ModernBert");
  }

  @Test
  void mergingIsRefusedInOneLine() {
    try (Model model = TinyModels.llama();
        Method method = Methods.attach(houlsby(), model)) {
      requireRefused("cannot be merged", () -> method.merged().clear());
    }
  }
}
