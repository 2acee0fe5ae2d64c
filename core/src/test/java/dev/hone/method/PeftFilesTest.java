package dev.hone.method;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.TinyModels;
import dev.hone.error.HoneException;
import dev.hone.method.lora.Lora;
import dev.hone.method.lora.LoraConfig;
import dev.hone.model.Model;
import dev.hone.model.family.Families;
import dev.hone.store.TensorFile;
import dev.hone.tensor.Engine;
import dev.hone.tensor.GradMode;
import dev.hone.tensor.NativeMemory;
import dev.hone.tensor.Scope;
import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.node.ObjectNode;

class PeftFilesTest {
  private static final Path GOLDEN =
      Path.of(System.getProperty("hone.root")).resolve("../shared/golden").normalize();
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String A0 = "base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight";

  @TempDir Path folder;

  private static LoraConfig config(String model, boolean rich) {
    boolean gpt2 = model.contains("GPT2");
    return new LoraConfig(
        4,
        6.5,
        0.05,
        List.of(gpt2 ? "c_attn" : "q_proj", gpt2 ? "mlp.c_proj" : "down_proj"),
        rich,
        rich ? List.of("lm_head") : List.of(),
        rich ? Map.of(gpt2 ? "c_attn" : "q_proj", 2) : Map.of(),
        rich ? Map.of("0.*", 3.0) : Map.of());
  }

  private static <T extends Method> T stirred(T method) {
    Engine.seed(9);
    try (Scope scope = Scope.open();
        GradMode off = GradMode.off()) {
      method.trainable().values().forEach(t -> t.addInPlace(Tensors.normal(0, .1, t.shape()), 1));
    }
    return method;
  }

  static Stream<String> models() {
    return Stream.of(
        TinyModels.llamaConfig("{}"),
        TinyModels.llamaConfig("{'tie_word_embeddings': true}"),
        TinyModels.gpt2Config("{}"));
  }

  @ParameterizedTest(name = "{index}")
  @MethodSource("models")
  void whatIsWrittenReadsBitForBit(String json) {
    for (boolean rich : new boolean[] {false, true}) {
      LoraConfig config = config(json, rich);
      try (Model model = TinyModels.random(json);
          Lora lora = stirred(Lora.attach(config, model))) {
        PeftFiles.write(folder, lora, model, "tiny");
        long before = NativeMemory.objects();
        try (Lora read = (Lora) PeftFiles.read(folder, model)) {
          assertEquals(lora.trainable().keySet(), read.trainable().keySet());
          lora.trainable()
              .forEach(
                  (name, t) ->
                      assertTrue(
                          t.contentEquals(Objects.requireNonNull(read.trainable().get(name))),
                          name));
          assertEquals(config.rank(), read.config().rank());
          assertEquals(config.alpha(), read.config().alpha());
          assertEquals(config.dropout(), read.config().dropout());
          assertEquals(config.rankStabilized(), read.config().rankStabilized());
          assertEquals(config.modulesToSave(), read.config().modulesToSave());
          assertEquals(config.rankPattern(), read.config().rankPattern());
          assertEquals(config.alphaPattern(), read.config().alphaPattern());
          read.trainable().values().forEach(t -> assertTrue(t.requiresGrad()));
        }
        assertEquals(before, NativeMemory.objects());
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "bert_seqcls/peft/lora",
        "bert_seqcls/peft/lora_qv",
        "gpt2/peft/lora",
        "llama_gqa_tied/peft/lora",
        "llama_gqa_tied/peft/lora_patterns",
        "llama_gqa_tied/peft/lora_qv",
        "llama_gqa_tied/peft/rslora",
        "llama_seqcls/peft/lora",
        "llama_untied/peft/lora_modules_to_save"
      })
  void writesWhatPeftWrites(String name) throws IOException {
    Path peft = GOLDEN.resolve(name);
    Assumptions.assumeTrue(Files.isDirectory(peft), "no reference data at " + peft);
    try (Model model = Families.load(peft.resolve("../..").normalize());
        PeftMethod lora = PeftFiles.read(peft, model);
        Scope scope = Scope.open()) {
      PeftFiles.write(folder, lora, model, name.substring(0, name.indexOf('/')));
      Map<String, Tensor> expected = TensorFile.read(peft.resolve("adapter_model.safetensors"));
      Map<String, Tensor> actual = TensorFile.read(folder.resolve("adapter_model.safetensors"));
      assertEquals(described(expected), described(actual));
      expected.forEach(
          (key, t) -> assertTrue(t.contentEquals(Objects.requireNonNull(actual.get(key))), key));
      JsonNode theirs = JSON.readTree(Files.readString(peft.resolve("adapter_config.json")));
      JsonNode ours = JSON.readTree(Files.readString(folder.resolve("adapter_config.json")));
      for (String key : ours.propertyNames()) {
        if (key.equals("modules_to_save")) {
          continue; // PEFT lists classifier and score, whichever there is
        }
        if (key.equals("target_modules")) { // endings or whole paths: what they mean counts
          assertEquals(meant(theirs.path(key), model), meant(ours.path(key), model));
          continue;
        }
        assertEquals(comparable(theirs.path(key)), comparable(ours.path(key)), key);
      }
      for (String key : List.of("r", "lora_alpha", "target_modules", "peft_type", "bias")) {
        assertTrue(ours.has(key), key);
      }
    }
  }

  private static Map<String, String> described(Map<String, Tensor> tensors) {
    Map<String, String> shapes = new TreeMap<>();
    tensors.forEach((name, t) -> shapes.put(name, t.describe()));
    return shapes;
  }

  private static Set<String> meant(JsonNode targets, Model model) {
    Set<String> names = new TreeSet<>(model.linears().keySet());
    names.removeIf(n -> targets.valueStream().noneMatch(t -> Targets.matches(n, t.asString())));
    return names;
  }

  /** Lists are sets in PEFT; 8 and 8.0 are one number. */
  private static Object comparable(JsonNode node) {
    if (node.isArray()) {
      TreeSet<String> items = new TreeSet<>();
      node.forEach(n -> items.add(n.asString()));
      return items;
    }
    return node.isNumber() ? (Object) node.asDouble() : node.toString();
  }

  /** Writes a sound adapter of a Llama, then changes its files. */
  private void written(
      Consumer<ObjectNode> changeConfig, Consumer<Map<String, Tensor>> changeTensors) {
    try (Model model = TinyModels.llama();
        Lora lora = stirred(Lora.attach(config("Llama", false), model));
        Scope scope = Scope.open()) {
      PeftFiles.write(folder, lora, model, "tiny");
      Path file = folder.resolve("adapter_config.json");
      ObjectNode config = (ObjectNode) JSON.readTree(Files.readString(file));
      changeConfig.accept(config);
      Files.writeString(file, config.toString());
      Map<String, Tensor> tensors = new LinkedHashMap<>(lora.trainable());
      changeTensors.accept(tensors);
      TensorFile.write(folder.resolve("adapter_model.safetensors"), tensors);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private void assertRefusedFor(String model, String... parts) {
    try (Model base = TinyModels.random(model)) {
      long before = NativeMemory.objects();
      HoneException refused =
          assertThrows(HoneException.class, () -> PeftFiles.read(folder, base).close());
      for (String part : parts) {
        assertTrue(String.valueOf(refused.getMessage()).contains(part), refused.getMessage());
      }
      assertEquals(before, NativeMemory.objects(), "nothing stays behind");
    }
  }

  private void assertRefused(String... parts) {
    assertRefusedFor(TinyModels.llamaConfig("{}"), parts);
  }

  @Test
  void tensorsThatDoNotFitAreNamed() {
    written(c -> {}, t -> t.remove(A0));
    assertRefused(A0, "missing");
    written(c -> {}, t -> t.put(A0.replace("0.self", "7.self"), Tensors.ones(1)));
    assertRefused(A0.replace("0.self", "7.self"), "no place");
    written(c -> {}, t -> t.put(A0, Tensors.ones(4, 31)));
    assertRefused(A0, "[4, 31]", "[4, 32]");
    written(c -> c.put("r", 5), t -> {});
    assertRefused(A0, "[4, 32]", "[5, 32]");
    written(c -> c.putArray("target_modules").add("q_proj"), t -> {});
    assertRefused("down_proj", "no place");
  }

  @Test
  void anotherBaseIsRefused() {
    written(c -> {}, t -> {});
    assertRefusedFor(TinyModels.llamaConfig("{'num_hidden_layers': 3}"), "layers.2", "missing");
    assertRefusedFor(TinyModels.llamaConfig("{'num_hidden_layers': 1}"), "layers.1", "no place");
    assertRefusedFor(TinyModels.llamaConfig("{'intermediate_size': 40}"), "down_proj", "[4, 40]");
    assertRefusedFor(TinyModels.gpt2Config("{}"), "GPT2LMHeadModel", "down_proj");
  }

  @Test
  void numbersThatAreNoneAreNamed() throws IOException {
    written(c -> {}, t -> {});
    Path file = folder.resolve("adapter_model.safetensors");
    byte[] bytes = Files.readAllBytes(file);
    // Little-endian: the last two bytes of an F32 with all exponent bits set make a NaN.
    bytes[bytes.length - 1] = 0x7F;
    bytes[bytes.length - 2] = (byte) 0xC0;
    Files.write(file, bytes);
    assertRefused("NaN", "lora_");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"layer_replication\": [[0, 2]]}",
        "{\"target_parameters\": [\"x\"]}",
        "{\"trainable_token_indices\": [1, 1]}",
        "{\"init_lora_weights\": \"pissa_niter_16\"}",
        "{\"init_lora_weights\": \"corda\"}",
        "{\"bias\": \"some\"}",
        "{\"bias\": \"vera_only\"}",
        "{\"use_dora\": \"yes\"}",
        "{\"layers_to_transform\": [\"first\"]}",
        "{\"peft_type\": \"XLORA\"}",
        "{\"kasa_config\": {\"beta\": 1}}",
        "{\"some_future_option\": 3}",
        "{\"r\": 0}",
        "{\"r\": \"many\"}",
        "{\"lora_alpha\": \"much\"}",
        "{\"rank_pattern\": {\"q_proj\": 0}}"
      })
  void optionsThatChangeTheMathematicsAreRefusedByName(String option) {
    ObjectNode changed = (ObjectNode) JSON.readTree(option);
    String key = changed.propertyNames().iterator().next();
    written(c -> c.setAll(changed), t -> {});
    assertRefused(key.equals("peft_type") ? "XLORA" : key);
  }

  @ParameterizedTest
  @ValueSource(strings = {"pissa_niter_16", "corda"})
  void aStartThatCannotBeHadAgainSaysHowToSave(String start) {
    written(c -> c.put("init_lora_weights", start), t -> {});
    assertRefused(start, "path_initial_model_for_weight_conversion");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"loftq_config\": {}}",
        "{\"init_lora_weights\": \"gaussian\"}",
        "{\"inference_mode\": false, \"revision\": \"main\", \"auto_mapping\": {\"a\": \"b\"}}",
        "{\"peft_version\": \"0.21.0\", \"megatron_core\": \"megatron.core\"}",
        "{\"use_dora\": null, \"exclude_modules\": [], \"qalora_group_size\": 16}"
      })
  void optionsThatChangeNothingAreTaken(String option) {
    written(c -> c.setAll((ObjectNode) JSON.readTree(option)), t -> {});
    try (Model model = TinyModels.llama();
        PeftMethod read = PeftFiles.read(folder, model)) {
      assertEquals(8, read.trainable().size());
    }
  }

  @Test
  void aFolderWithoutAnAdapterIsRefused() throws IOException {
    assertRefused("no adapter_config.json");
    Files.writeString(folder.resolve("adapter_config.json"), "{");
    assertRefused("broken JSON");
    written(c -> {}, t -> {});
    Files.move(folder.resolve("adapter_model.safetensors"), folder.resolve("adapter_model.bin"));
    assertRefused("pickle");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "BertForSequenceClassification classifier SEQ_CLS",
        "BertForTokenClassification classifier TOKEN_CLS",
        "BertForSequenceClassification pooler null",
        "BertForMaskedLM transform null"
      })
  void theTaskTypeIsOneThatPeftCanLoad(String both) throws IOException {
    String[] parts = both.split(" ");
    try (Model model = TinyModels.bert(parts[0]);
        Lora lora =
            Lora.attach(
                new LoraConfig(
                    2, 2, 0, List.of("query"), false, List.of(parts[1]), Map.of(), Map.of()),
                model)) {
      PeftFiles.write(folder, lora, model, "tiny");
      JsonNode json = JSON.readTree(Files.readString(folder.resolve("adapter_config.json")));
      assertEquals(parts[2], json.path("task_type").asString("null"));
    }
  }
}
