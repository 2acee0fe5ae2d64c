package dev.hone.method;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.TinyDecoders;
import dev.hone.TinyEncoders;
import dev.hone.TinyModels;
import dev.hone.error.HoneException;
import dev.hone.generate.GenerationConfig;
import dev.hone.generate.Generator;
import dev.hone.method.MethodCases.Case;
import dev.hone.method.prefixtuning.PrefixTuningConfig;
import dev.hone.method.prompttuning.PromptTuningConfig;
import dev.hone.method.ptuning.PTuningConfig;
import dev.hone.model.Adapter;
import dev.hone.model.EncoderDecoder;
import dev.hone.model.Inputs;
import dev.hone.model.KeyValueCache;
import dev.hone.model.Model;
import dev.hone.model.Pass;
import dev.hone.model.head.TextHead;
import dev.hone.tensor.GradMode;
import dev.hone.tensor.Scope;
import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import dev.hone.train.FrozenLayers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/** Virtual tokens stand before every row, whichever way it is read. */
class SoftPromptTest {
  private static final int[] TEXT = {7, 70, 21, 50, 33};
  private static final int[] LONG = {9, 8, 17, 90, 44, 12};
  private static final int[] SHORT = {61, 13, 5};

  @TempDir Path folder;

  private static <T extends Record> T begun(T config, String start) {
    return MethodCases.changed(
        config, Map.of("numVirtualTokens", TEXT.length, start, SoftPromptConfig.Start.TEXT));
  }

  private static List<MethodConfig> vectors() {
    PTuningConfig network = begun(PTuningConfig.defaults(), "start");
    return List.of(
        begun(PromptTuningConfig.defaults(), "promptTuningInit"),
        network,
        MethodCases.changed(
            network, Map.of("encoderReparameterizationType", PTuningConfig.Network.LSTM)));
  }

  private static List<MethodConfig> keysAndValues() {
    PrefixTuningConfig prefix = begun(PrefixTuningConfig.defaults(), "start");
    return List.of(prefix, MethodCases.changed(prefix, Map.of("prefixProjection", true)));
  }

  private static Method attached(MethodConfig config, Model model) {
    return Methods.attach(config, model, List::of, text -> TEXT);
  }

  private static int[] joined(int[] a, int[] b) {
    return java.util.stream.IntStream.concat(java.util.Arrays.stream(a), java.util.Arrays.stream(b))
        .toArray();
  }

  /** Hidden states of the last {@code width} positions. */
  private static float[] states(Model model, Adapter adapter, int[] ids, int width) {
    try (Scope scope = Scope.open();
        GradMode off = GradMode.off()) {
      Tensor all = model.backbone().forward(TinyModels.inputs(ids), Pass.plain().with(adapter));
      return all.narrow(1, all.size(1) - width, width).toFloats();
    }
  }

  static Stream<String> decoders() {
    return TinyDecoders.all().stream();
  }

  /** What begins as a text is that text, for every kind of position and layer. */
  @ParameterizedTest
  @MethodSource("decoders")
  void whatBeginsAsATextIsThatTextBeforeTheRow(String config) {
    List<MethodConfig> configs = new ArrayList<>(vectors());
    configs.addAll(keysAndValues());
    try (Model model = TinyModels.random(config)) {
      float[] expected = states(model, Adapter.NONE, joined(TEXT, LONG), LONG.length);
      for (MethodConfig each : configs) {
        try (Method method = attached(each, model)) {
          // A network comes as near as its last linear can.
          boolean made = method.trainable().size() > 1;
          assertEquals(
              0,
              TinyModels.distance(expected, states(model, method, LONG, LONG.length)),
              made ? 2e-2 : 2e-5,
              each.toString());
        }
      }
    }
  }

  static Stream<String> encoders() {
    return Stream.of(
            "Bert", "Roberta", "Electra", "Albert", "DistilBert", "DebertaV2", "ModernBert")
        .map(family -> TinyEncoders.config(family + "ForMaskedLM", "{}"));
  }

  @ParameterizedTest
  @MethodSource("encoders")
  void aPromptThatBeginsAsATextIsThatTextInAnEncoder(String config) {
    try (Model model = TinyModels.random(config);
        Method method = attached(vectors().getFirst(), model)) {
      float[] expected = states(model, Adapter.NONE, joined(TEXT, LONG), LONG.length);
      assertEquals(
          0, TinyModels.distance(expected, states(model, method, LONG, LONG.length)), 2e-5);
    }
  }

  @Test
  void anEncoderDecodersEncoderReadsThePrompt() {
    for (String config : TinyModels.encoderDecoderConfigs()) {
      try (Model model = TinyModels.random(config);
          Method method = attached(vectors().getFirst(), model);
          Scope scope = Scope.open();
          GradMode off = GradMode.off()) {
        float[] expected = written(model, Adapter.NONE, joined(TEXT, LONG));
        assertEquals(0, TinyModels.distance(expected, written(model, method, LONG)), 2e-5);
      }
    }
  }

  private static float[] written(Model model, Adapter adapter, int[] read) {
    Tensor ids = TinyModels.inputs(SHORT).ids();
    Inputs inputs = new Inputs(TinyModels.inputs(read).ids(), null, null, null, ids);
    return model.logits(inputs, Pass.plain().with(adapter)).toFloats();
  }

  /** Every method on every model that it is for. */
  static Stream<Case> cases() {
    return MethodCases.soft();
  }

  private static Method stirred(Case c, Model model) {
    return MethodTest.stirred(Methods.attach(c.config(), model), 3);
  }

  private static Inputs padded(boolean left, boolean pair) {
    int width = LONG.length;
    long[] ids = new long[2 * width];
    long[] mask = new long[2 * width];
    int begin = left ? width - SHORT.length : 0;
    for (int i = 0; i < width; i++) {
      ids[i] = LONG[i];
      mask[i] = 1;
    }
    for (int i = 0; i < SHORT.length; i++) {
      ids[width + begin + i] = SHORT[i];
      mask[width + begin + i] = 1;
    }
    Tensor wide = Tensors.of(ids, 2, width);
    Tensor written = pair ? Tensors.of(new long[] {3, 4, 5, 3, 4, 5}, 2, 3) : null;
    return new Inputs(wide, Tensors.of(mask, 2, width), null, null, written);
  }

  private static Inputs alone(int[] row, boolean pair) {
    Tensor written = pair ? Tensors.of(new long[] {3, 4, 5}, 1, 3) : null;
    return new Inputs(TinyModels.inputs(row).ids(), null, null, null, written);
  }

  /** A row's states of the real tokens, or the row's logits where there is one answer a row. */
  private static float[] answers(Model model, Pass pass, Inputs inputs, int row, int from, int n) {
    if (model.architecture().endsWith("ForSequenceClassification")) {
      return model.logits(inputs, pass).select(0, row).toFloats();
    }
    return model.backbone().forward(inputs, pass).select(0, row).narrow(0, from, n).toFloats();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void aRowIsTheSameAloneAndPadded(Case c) {
    try (Model model = TinyModels.random(c.model());
        Method method = stirred(c, model);
        Scope scope = Scope.open();
        GradMode off = GradMode.off()) {
      Pass pass = Pass.plain().with(method);
      boolean pair = model.backbone() instanceof EncoderDecoder;
      boolean decoder = model.head() instanceof TextHead && !pair;
      float[] solo = answers(model, pass, alone(SHORT, pair), 0, 0, SHORT.length);
      for (boolean left : decoder ? new boolean[] {false, true} : new boolean[] {false}) {
        int from = left ? LONG.length - SHORT.length : 0;
        float[] beside = answers(model, pass, padded(left, pair), 1, from, SHORT.length);
        assertEquals(0, TinyModels.distance(solo, beside), 1e-5, "left " + left);
      }
      float[] whole = answers(model, pass, alone(LONG, pair), 0, 0, pair ? 3 : LONG.length);
      float[] first = answers(model, pass, padded(false, pair), 0, 0, pair ? 3 : LONG.length);
      assertEquals(0, TinyModels.distance(whole, first), 1e-5);
    }
  }

  static Stream<Case> writers() {
    return cases().filter(c -> !c.model().contains("Bert"));
  }

  @ParameterizedTest
  @MethodSource("writers")
  void aCacheChangesNothing(Case c) {
    GenerationConfig greedy = GenerationConfig.greedy(12);
    try (Model model = TinyModels.random(c.model());
        Method method = stirred(c, model)) {
      Generator generator = new Generator(model, method);
      int[] first = generator.continued(LONG, greedy, token -> false);
      assertArrayEquals(uncached(model, method, LONG, first.length), first);
      int[] second = generator.continued(SHORT, greedy, token -> false);
      List<int[]> both =
          generator.continued(List.of(LONG, SHORT, LONG), greedy, (row, token) -> false);
      assertArrayEquals(first, both.get(0));
      assertArrayEquals(second, both.get(1));
      assertArrayEquals(first, both.get(2));
    }
  }

  /** Greedy tokens, everything computed anew for each. */
  private static int[] uncached(Model model, Adapter adapter, int[] prompt, int count) {
    int[] written = new int[count];
    boolean pair = model.backbone() instanceof EncoderDecoder;
    int[] row = pair ? new int[] {0} : prompt;
    for (int i = 0; i < count; i++) {
      try (Scope scope = Scope.open();
          GradMode off = GradMode.off()) {
        Inputs inputs =
            pair
                ? new Inputs(
                    TinyModels.inputs(prompt).ids(), null, null, null, TinyModels.inputs(row).ids())
                : TinyModels.inputs(row);
        Tensor logits = model.logits(inputs, Pass.plain().with(adapter));
        Tensor last = logits.narrow(1, logits.size(1) - 1, 1);
        written[i] = (int) last.argmax(-1).toLongs()[0];
      }
      row = joined(row, new int[] {written[i]});
    }
    return written;
  }

  @ParameterizedTest
  @MethodSource("cases")
  void nothingBelowVirtualTokensIsRemembered(Case c) {
    try (Model model = TinyModels.random(c.model());
        Method method = stirred(c, model)) {
      assertEquals(0, FrozenLayers.count(model, method));
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void checkpointingGivesTheSameGradients(Case c) {
    try (Model model = TinyModels.random(c.model());
        Method method = stirred(c, model)) {
      Map<String, float[]> plain = gradients(model, method, Pass.plain());
      Map<String, float[]> twice = gradients(model, method, Pass.plain().checkpointing(1));
      plain.forEach(
          (name, gradient) -> {
            float[] other = java.util.Objects.requireNonNull(twice.get(name));
            assertEquals(0, TinyModels.distance(gradient, other), 1e-4, name);
          });
    }
  }

  private static Map<String, float[]> gradients(Model model, Method method, Pass pass) {
    Map<String, float[]> found = new java.util.TreeMap<>();
    try (Scope scope = Scope.open();
        dev.hone.tensor.Tape tape = dev.hone.tensor.Tape.open()) {
      tape.backward(model.logits(TinyModels.inputs(LONG), pass.with(method)).square().mean());
      method
          .trainable()
          .forEach(
              (name, t) -> found.put(name, java.util.Objects.requireNonNull(t.grad()).toFloats()));
    }
    method.trainable().values().forEach(Tensor::clearGrad);
    return found;
  }

  @Test
  void noWeightCanStandForVirtualTokens() {
    try (Model model = TinyModels.llama();
        PeftMethod method = (PeftMethod) Methods.attach(PromptTuningConfig.defaults(), model);
        Scope scope = Scope.open()) {
      for (org.junit.jupiter.api.function.Executable refused :
          List.<org.junit.jupiter.api.function.Executable>of(
              () -> Merged.of(method),
              () -> new Stacked(List.of(method)),
              () -> new Routed(List.of(method, Adapter.NONE), model))) {
        String message = String.valueOf(assertThrows(HoneException.class, refused).getMessage());
        assertTrue(message.contains("virtual tokens"), message);
        assertFalse(message.contains("\n"));
      }
    }
  }

  @Test
  void layersWithoutKeysOfTheirOwnTakeNoPrefix() {
    for (String family : List.of("DebertaV2", "Albert")) {
      try (Model model = TinyModels.random(TinyEncoders.config(family + "ForMaskedLM", "{}"))) {
        HoneException refused =
            assertThrows(
                HoneException.class, () -> Methods.attach(PrefixTuningConfig.defaults(), model));
        assertTrue(String.valueOf(refused.getMessage()).contains("prompt-tuning"));
      }
    }
  }

  @Test
  void aTextWithoutTokensIsRefused() {
    try (Model model = TinyModels.llama()) {
      MethodConfig config = vectors().getFirst();
      HoneException refused =
          assertThrows(
              HoneException.class,
              () -> Methods.attach(config, model, List::of, text -> new int[0]));
      assertTrue(String.valueOf(refused.getMessage()).contains("no tokens"));
    }
  }

  @Test
  void aRowThatEndsInTheCacheLeavesRoomForTheRest() {
    try (Model model = TinyModels.gpt2();
        Method method = Methods.attach(PromptTuningConfig.defaults(), model);
        Scope scope = Scope.open();
        GradMode off = GradMode.off();
        KeyValueCache cache = new KeyValueCache(TinyModels.POSITIONS)) {
      Tensor hidden =
          model.backbone().forward(TinyModels.inputs(LONG), Pass.plain().with(method).with(cache));
      assertEquals(LONG.length, hidden.size(1), "the tokens given");
      assertEquals(20 + LONG.length, cache.length(), "the virtual ones as well");
      int[] most =
          new Generator(model, method)
              .continued(LONG, GenerationConfig.greedy(1000), token -> false);
      assertEquals(TinyModels.POSITIONS - 20 - LONG.length, most.length);
    }
  }

  @Test
  void twoThreadsWithTwoAdaptersGetTheirOwnAnswers() throws Exception {
    try (Model model = TinyModels.llama();
        Method a = MethodTest.stirred(Methods.attach(PromptTuningConfig.defaults(), model), 1);
        Method b = MethodTest.stirred(Methods.attach(PrefixTuningConfig.defaults(), model), 2);
        ExecutorService threads = Executors.newFixedThreadPool(3)) {
      List<Adapter> adapters = List.of(a, b, Adapter.NONE);
      List<float[]> solo = adapters.stream().map(x -> MethodTest.logits(model, x)).toList();
      List<Future<?>> runs = new ArrayList<>();
      for (int i = 0; i < adapters.size(); i++) {
        int at = i;
        Callable<Void> run =
            () -> {
              for (int n = 0; n < 30; n++) {
                assertArrayEquals(solo.get(at), MethodTest.logits(model, adapters.get(at)));
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

  @ParameterizedTest
  @MethodSource("cases")
  void theFileSaysWhatPeftAsksFor(Case c) throws IOException {
    try (Model model = TinyModels.random(c.model());
        PeftMethod method = (PeftMethod) Methods.attach(c.config(), model)) {
      PeftFiles.write(folder, method, model, "tiny");
    }
    JsonNode json =
        new ObjectMapper().readTree(Files.readString(folder.resolve("adapter_config.json")));
    for (String key :
        List.of(
            "num_virtual_tokens",
            "num_layers",
            "num_attention_heads",
            "token_dim",
            "num_transformer_submodules")) {
      assertTrue(json.path(key).isInt(), key);
    }
    assertFalse(json.has("target_modules"), "no module is a target");
    boolean head = json.path("modules_to_save").toString().contains("classifier");
    assertEquals(c.model().equals(MethodCases.BERT), head, "a classifier brings its head");
  }

  @Test
  void aPrefixForOtherHeadsIsRefused() throws IOException {
    try (Model model = TinyModels.llama()) {
      try (PeftMethod method = (PeftMethod) Methods.attach(PrefixTuningConfig.defaults(), model)) {
        PeftFiles.write(folder, method, model, "tiny");
      }
      Path file = folder.resolve("adapter_config.json");
      String sound = Files.readString(file);
      Files.writeString(
          file, sound.replace("\"num_attention_heads\" : 2", "\"num_attention_heads\" : 4"));
      HoneException refused =
          assertThrows(HoneException.class, () -> PeftFiles.read(folder, model).close());
      assertTrue(String.valueOf(refused.getMessage()).contains("num_attention_heads"));
    }
  }
}
