package dev.hone.method;

import static dev.hone.method.MethodTrial.requireRefused;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.TinyDecoders;
import dev.hone.TinyEncoders;
import dev.hone.TinyModels;
import dev.hone.generate.GenerationConfig;
import dev.hone.generate.Generator;
import dev.hone.method.MethodCases.Case;
import dev.hone.method.prefixtuning.PrefixTuningConfig;
import dev.hone.method.prompttuning.PromptTuningConfig;
import dev.hone.method.ptuning.PTuningConfig;
import dev.hone.model.Adapter;
import dev.hone.model.Inputs;
import dev.hone.model.KeyValueCache;
import dev.hone.model.Model;
import dev.hone.model.Pass;
import dev.hone.tensor.GradMode;
import dev.hone.tensor.Scope;
import dev.hone.tensor.Tensor;
import dev.hone.train.FrozenLayers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
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
    return IntStream.concat(Arrays.stream(a), Arrays.stream(b)).toArray();
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

  @ParameterizedTest
  @MethodSource("cases")
  void nothingBelowVirtualTokensIsRemembered(Case c) {
    try (Model model = TinyModels.random(c.model());
        Method method = Methods.attach(c.config(), model)) {
      assertEquals(0, FrozenLayers.count(model, method));
    }
  }

  @Test
  void noWeightCanStandForVirtualTokens() {
    try (Model model = TinyModels.llama();
        PeftMethod method = (PeftMethod) Methods.attach(PromptTuningConfig.defaults(), model);
        Scope scope = Scope.open()) {
      for (Executable refused :
          List.<Executable>of(
              () -> Merged.of(method),
              () -> new Stacked(List.of(method)),
              () -> new Routed(List.of(method, Adapter.NONE), model))) {
        requireRefused("virtual tokens", refused);
      }
    }
  }

  @Test
  void layersWithoutKeysOfTheirOwnTakeNoPrefix() {
    for (String family : List.of("DebertaV2", "Albert")) {
      try (Model model = TinyModels.random(TinyEncoders.config(family + "ForMaskedLM", "{}"))) {
        requireRefused("prompt-tuning", () -> Methods.attach(PrefixTuningConfig.defaults(), model));
      }
    }
  }

  @Test
  void aTextWithoutTokensIsRefused() {
    try (Model model = TinyModels.llama()) {
      MethodConfig config = vectors().getFirst();
      requireRefused(
          "no tokens", () -> Methods.attach(config, model, List::of, text -> new int[0]));
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
      requireRefused("num_attention_heads", () -> PeftFiles.read(folder, model).close());
    }
  }
}
