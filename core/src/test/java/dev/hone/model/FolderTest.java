package dev.hone.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.TinyDecoders;
import dev.hone.TinyEncoders;
import dev.hone.TinyModels;
import dev.hone.error.HoneException;
import dev.hone.model.family.Families;
import dev.hone.tensor.DType;
import dev.hone.tensor.GradMode;
import dev.hone.tensor.NativeMemory;
import dev.hone.tensor.Scope;
import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.BiConsumer;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A folder loads to the last tensor, or says which one it is about. */
class FolderTest {
  private static final String NORM = "model.layers.1.input_layernorm.weight";

  @TempDir Path folder;

  private static float[] logits(Model model) {
    try (Scope scope = Scope.open();
        GradMode off = GradMode.off()) {
      return model.logits(TinyModels.inputs(1, 2, 3), Pass.plain()).toFloats();
    }
  }

  /** Weights to the bit; logits not quite, as MKL rounds by where in memory a matrix lies. */
  private static void assertSame(Model model, Model loaded) {
    for (int i = 0; i < model.parameters().size(); i++) {
      Parameter expected = model.parameters().get(i);
      Parameter actual = loaded.parameters().get(i);
      assertEquals(expected.name(), actual.name());
      assertTrue(expected.value().contentEquals(actual.value()), expected.name());
    }
    assertEquals(0, TinyModels.distance(logits(model), logits(loaded)), 1e-5);
  }

  private HoneException refused() {
    long before = NativeMemory.objects();
    HoneException refused = assertThrows(HoneException.class, () -> Families.load(folder));
    assertEquals(before, NativeMemory.objects(), "what was loaded before the refusal is freed");
    return refused;
  }

  private void assertRefused(String... parts) {
    String message = String.valueOf(refused().getMessage());
    for (String part : parts) {
      assertTrue(message.contains(part), message);
    }
    assertEquals(1, message.lines().count(), message);
  }

  /** Writes a Llama after a change to its tensors. */
  private void written(String config, BiConsumer<Map<String, Tensor>, Model> change) {
    try (Scope scope = Scope.open();
        Model model = TinyModels.random(config)) {
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      model.parameters().forEach(p -> tensors.put(p.name(), p.value()));
      change.accept(tensors, model);
      TinyModels.write(folder, config, tensors);
    }
  }

  static Stream<String> configs() {
    return Stream.concat(
        Stream.concat(TinyDecoders.all().stream(), TinyDecoders.classifiers().stream()),
        Stream.of(
            TinyModels.awdLstmConfig("{}"),
            TinyModels.awdLstmClassifier(),
            TinyModels.llamaConfig("{}"),
            TinyModels.llamaConfig("{'tie_word_embeddings': true, 'attention_bias': true}"),
            TinyModels.gpt2Config("{}"),
            TinyModels.bertConfig("BertForSequenceClassification"),
            TinyModels.bertConfig("BertForMaskedLM")));
  }

  @ParameterizedTest(name = "{index}")
  @MethodSource("configs")
  void whatIsWrittenLoadsBitForBit(String config) {
    try (Model model = TinyModels.random(config)) {
      TinyModels.write(folder, config, model, UnaryOperator.identity());
      logits(model); // what the engine keeps from its first product on is no leak
      long before = NativeMemory.objects();
      try (Model loaded = Families.load(folder)) {
        assertSame(model, loaded);
        assertEquals(List.of(), loaded.made());
        assertEquals(List.of(), loaded.surplus());
        assertEquals(model.parameterCount(), loaded.parameterCount());
      }
      assertEquals(before, NativeMemory.objects());
    }
  }

  /** Older checkpoints of a backbone alone lack its prefix; the head then starts at random. */
  @Test
  void aBareCheckpointLoads() {
    String config = TinyModels.gpt2Config("{}");
    try (Model model = TinyModels.random(config)) {
      TinyModels.write(folder, config, model, n -> n.replaceFirst("^transformer\\.", ""));
      try (Model loaded = Families.load(folder)) {
        assertSame(model, loaded);
        assertEquals("wte.weight", loaded.fileNames().get("transformer.wte.weight"));
      }
    }
    String bert = TinyModels.bertConfig("BertForSequenceClassification");
    try (Model model = TinyModels.random(bert);
        Scope scope = Scope.open()) {
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      model.parameters().stream()
          .filter(p -> p.name().startsWith("bert."))
          .forEach(p -> tensors.put(p.name().substring(5), p.value()));
      TinyModels.write(folder, bert, tensors);
      try (Model loaded = Families.load(folder)) {
        assertEquals(List.of("classifier.weight", "classifier.bias"), loaded.made());
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {NORM, "model.embed_tokens.weight", "lm_head.weight"})
  void aMissingTensorIsNamed(String name) {
    written(TinyModels.llamaConfig("{}"), (tensors, model) -> tensors.remove(name));
    assertRefused(name, "missing", folder.toString());
  }

  @Test
  void aTensorOfAnotherShapeIsNamed() {
    written(TinyModels.llamaConfig("{}"), (tensors, model) -> tensors.put(NORM, Tensors.ones(31)));
    assertRefused(NORM, "[31]", "[32]");
  }

  static Stream<String> everyFamily() {
    return Stream.concat(TinyModels.writerConfigs().stream(), TinyEncoders.all().stream());
  }

  /** One tensor of each family, drawn by chance: gone, renamed, of another shape and type. */
  @ParameterizedTest(name = "{index}")
  @MethodSource("everyFamily")
  void whateverIsWrongWithATensorItIsNamed(String config) {
    Random random = new Random(config.hashCode());
    try (Scope scope = Scope.open();
        Model model = TinyModels.random(config)) {
      Parameter wrong = model.parameters().get(random.nextInt(model.parameters().size()));
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      model.parameters().forEach(p -> tensors.put(p.name(), p.value()));
      Map<String, Tensor> other = new LinkedHashMap<>(tensors);
      other.remove(wrong.name());
      TinyModels.write(folder, config, other);
      assertMissing(wrong.name());
      other.put(wrong.name() + "s", wrong.value());
      TinyModels.write(folder, config, other);
      assertMissing(wrong.name(), "did you mean");
      other.remove(wrong.name() + "s");
      other.put(wrong.name(), Tensors.ones(7, 7));
      TinyModels.write(folder, config, other);
      assertRefused(wrong.name(), "[7, 7]");
      other.put(wrong.name(), wrong.value().to(DType.I64));
      TinyModels.write(folder, config, other);
      assertRefused(wrong.name(), "I64");
    }
  }

  /** Refused, or, in a head that a task brings, named among what is new. */
  private void assertMissing(String name, String... parts) {
    Model loaded;
    try {
      loaded = Families.load(folder);
    } catch (HoneException e) {
      String message = String.valueOf(e.getMessage());
      assertTrue(message.contains(name) && message.contains("missing"), message);
      List.of(parts).forEach(part -> assertTrue(message.contains(part), message));
      return;
    }
    try (loaded) {
      assertEquals(List.of(name), loaded.made());
      boolean writes = loaded.architecture().matches(".*(LM|LMHeadModel|Generation)");
      assertFalse(writes, "what a model writes with is never drawn");
    }
  }

  @Test
  void anIntegerTensorIsNamed() {
    written(
        TinyModels.llamaConfig("{}"),
        (tensors, model) -> tensors.put(NORM, Tensors.ones(32).to(DType.I8)));
    assertRefused(NORM, "I8");
  }

  @Test
  void aSurplusTensorIsListed() {
    written(
        TinyModels.llamaConfig("{}"),
        (tensors, model) -> tensors.put("model.layers.2.mlp.up_proj.weight", Tensors.ones(2, 2)));
    try (Model loaded = Families.load(folder)) {
      assertEquals(List.of("model.layers.2.mlp.up_proj.weight"), loaded.surplus());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"F32", "BF16", "F16"})
  void numbersThatAreNoneAreNamed(String type) throws IOException {
    written(
        TinyModels.llamaConfig("{}"),
        (tensors, model) -> tensors.put(NORM, Tensors.full(42, 32).to(DType.valueOf(type))));
    // The writer refuses NaN, so the last bytes of the norm are made one in the file.
    Path file = folder.resolve("model.safetensors");
    byte[] bytes = Files.readAllBytes(file);
    int length = (bytes[0] & 0xFF) | (bytes[1] & 0xFF) << 8;
    String header = new String(bytes, 8, length, StandardCharsets.UTF_8);
    int at = header.indexOf("data_offsets", header.indexOf(NORM));
    String end = header.substring(header.indexOf(',', at) + 1, header.indexOf(']', at));
    try (RandomAccessFile open = new RandomAccessFile(file.toFile(), "rw")) {
      open.seek(8 + header.length() + Long.parseLong(end.strip()) - 2);
      open.write(new byte[] {(byte) 0xFF, 0x7F});
    }
    assertRefused(NORM, "NaN");
  }

  @ParameterizedTest
  @ValueSource(strings = {"F64", "F16", "BF16"})
  void otherFloatsAreWidened(String type) {
    String config = TinyModels.llamaConfig("{}");
    try (Model model = TinyModels.random(config);
        Scope scope = Scope.open()) {
      for (Parameter p : model.parameters()) {
        p.value().copyFrom(p.value().to(DType.BF16).to(DType.F32)); // what all of them can hold
      }
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      model.parameters().forEach(p -> tensors.put(p.name(), p.value().to(DType.valueOf(type))));
      TinyModels.write(folder, config, tensors);
      try (Model loaded = Families.load(folder)) {
        assertEquals(0, TinyModels.distance(logits(model), logits(loaded)), 1e-5);
      }
    }
  }

  @ParameterizedTest(name = "{index}")
  @MethodSource("wrongConfigs")
  void whatIsNotBuiltIsRefusedByName(String extra, String named) {
    String config = TinyModels.llamaConfig(extra);
    try (Model model = TinyModels.llama()) {
      TinyModels.write(folder, config, model, UnaryOperator.identity());
    }
    assertRefused(named);
    HoneException refused =
        assertThrows(HoneException.class, () -> Families.random(TinyModels.config(config)));
    assertTrue(String.valueOf(refused.getMessage()).contains(named), refused.getMessage());
  }

  static Stream<Arguments> wrongConfigs() {
    return Stream.of(
        Arguments.of("{'architectures': ['MambaForCausalLM']}", "MambaForCausalLM"),
        Arguments.of("{'architectures': []}", "architectures"),
        Arguments.of("{'hidden_act': 'sillu'}", "did you mean 'silu'?"),
        Arguments.of("{'rope_scaling': {'rope_type': 'mrope', 'factor': 4.0}}", "mrope"),
        Arguments.of("{'rope_scaling': {'rope_type': 'linear'}}", "factor"));
  }
}
