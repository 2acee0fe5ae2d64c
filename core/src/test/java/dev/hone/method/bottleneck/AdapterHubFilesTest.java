package dev.hone.method.bottleneck;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.TinyModels;
import dev.hone.error.HoneException;
import dev.hone.method.AdapterFiles;
import dev.hone.method.Method;
import dev.hone.method.MethodCases;
import dev.hone.method.MethodTrial;
import dev.hone.method.Methods;
import dev.hone.method.bottleneck.BottleneckConfig.Preset;
import dev.hone.model.Model;
import dev.hone.store.TensorFile;
import dev.hone.store.TorchFile;
import dev.hone.tensor.Scope;
import dev.hone.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** What stands in files of AdapterHub, of today and of its first versions. */
class AdapterHubFilesTest {
  private static final JsonMapper JSON = JsonMapper.shared();

  @TempDir Path folder;
  private Model model;
  private ObjectNode json;

  @BeforeEach
  void sound() throws IOException {
    model = TinyModels.random(TinyModels.bertConfig("BertForSequenceClassification"));
    BottleneckConfig pfeiffer =
        MethodCases.changed(BottleneckConfig.defaults(), Map.of("preset", Preset.PFEIFFER));
    try (Method method = Methods.attach(pfeiffer, model)) {
      AdapterFiles.write(folder, method, model, "tiny", null);
    }
    json = (ObjectNode) JSON.readTree(Files.readString(folder.resolve("adapter_config.json")));
  }

  @AfterEach
  void close() {
    model.close();
  }

  private ObjectNode options() {
    return (ObjectNode) json.path("config");
  }

  private BnConfig read() throws IOException {
    Files.writeString(folder.resolve("adapter_config.json"), json.toString());
    try (Method method = AdapterFiles.read(folder, model)) {
      return (BnConfig) method.config();
    }
  }

  private void refused(String expected) {
    HoneException refused = assertThrows(HoneException.class, this::read);
    assertTrue(String.valueOf(refused.getMessage()).contains(expected), refused.getMessage());
  }

  @Test
  void theFileSaysWhatAdapterHubWouldSay() throws IOException {
    assertEquals("hone", json.path("name").asString());
    assertEquals("tiny", AdapterFiles.base(json));
    assertEquals("BertForSequenceClassification", json.path("model_class").asString());
    assertEquals(32, json.path("hidden_size").asInt());
    // A whole number would be no float in Python, and be refused there.
    assertTrue(options().path("scaling").isDouble());
    assertEquals(BnConfig.pfeiffer(), read());
  }

  @Test
  void factorsMayDifferByLayer() throws IOException {
    options().putObject("reduction_factor").put("1", 8).put("default", 16);
    BnConfig config = BnConfig.pfeiffer();
    refused("adapter_down.0.weight' has shape [2, 32], the base model needs [4, 32]");
    options().put("reduction_factor", 16);
    assertEquals(config, read());
    options().putObject("reduction_factor").put("0", 16);
    refused("neither layer 1 nor 'default'");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "use_gating|true|config.use_gating",
        "phm_layer|true|config.phm_layer",
        "inv_adapter|\"nice\"|config.inv_adapter",
        "something_new|1|config.something_new",
        "architecture|\"lora\"|only bottleneck adapters",
        "mh_adapter|1|expected true or false",
        "non_linearity|\"maxout\"|leakyrelu",
        "reduction_factor|0|above 0",
        "scaling|\"much\"|expected a number",
        "residual_before_ln|\"pre\"|post_add",
        "leave_out|[7]|0 to 1"
      })
  void anOptionThatIsNotDoneIsRefusedByName(String key, String value, String expected) {
    options().set(key, JSON.readTree(value));
    refused(expected);
  }

  @Test
  void whatIsOffOrOfNoMeaningIsNot() throws IOException {
    options().put("use_gating", false).put("phm_dim", 4).put("stochastic_depth", 0.1);
    options().putNull("inv_adapter");
    options().putObject("invertible_adapter").put("block_type", "nice");
    assertEquals(BnConfig.pfeiffer(), read());
  }

  /** Version 1 called modules and activations otherwise. */
  @Test
  void filesOfTheFirstVersionsAreRead() throws IOException {
    json.remove("version");
    options().put("non_linearity", "gelu");
    try (Scope scope = Scope.open()) {
      Path file = folder.resolve("adapter.safetensors");
      Map<String, Tensor> old = new LinkedHashMap<>();
      TensorFile.read(file)
          .forEach(
              (name, tensor) ->
                  old.put(name.replace(".adapters.", ".layer_text_task_adapters."), tensor));
      TensorFile.write(file, old);
    }
    assertEquals("gelu_new", read().nonLinearity());
  }

  @Test
  void aHeadOfAnotherMakeIsRefused() throws IOException {
    Files.writeString(
        folder.resolve("head_config.json"), "{\"config\": {\"head_type\": \"classification\"}}");
    Files.copy(folder.resolve("adapter.safetensors"), folder.resolve("model_head.safetensors"));
    refused("with_head=False");
  }

  @Test
  void aFolderWithoutTensorsIsRefused() throws IOException {
    Files.delete(folder.resolve("adapter.safetensors"));
    Files.delete(folder.resolve("pytorch_adapter.bin"));
    refused("has no adapter.safetensors and no pytorch_adapter.bin");
  }

  /** A folder of AdapterHub's own has no other. */
  @Test
  void torchsFormIsReadAlone() throws IOException {
    float[] expected;
    try (Method method = MethodTrial.stirred(AdapterFiles.read(folder, model), 1)) {
      AdapterFiles.write(folder, method, model, "tiny", null);
      expected = MethodTrial.logits(model, method);
    }
    Files.delete(folder.resolve("adapter.safetensors"));
    try (Method read = AdapterFiles.read(folder, model)) {
      assertArrayEquals(expected, MethodTrial.logits(model, read));
      AdapterFiles.write(folder.resolve("again"), read, model, "tiny", null);
    }
    for (String file : List.of("adapter_config.json", "pytorch_adapter.bin")) {
      assertArrayEquals(
          Files.readAllBytes(folder.resolve(file)),
          Files.readAllBytes(folder.resolve("again").resolve(file)),
          file);
    }
    try (Scope scope = Scope.open()) {
      Path file = folder.resolve("pytorch_adapter.bin");
      Map<String, Tensor> tensors = new LinkedHashMap<>(TorchFile.read(file));
      String last = List.copyOf(tensors.keySet()).getLast();
      tensors.put("other", tensors.remove(last));
      TorchFile.write(file, tensors);
      refused("'" + last + "' is missing");
    }
  }

  @Test
  void bothFormsHoldTheSame() throws IOException {
    assertArrayEquals(
        List.of("adapter.safetensors", "adapter_config.json", "pytorch_adapter.bin").toArray(),
        Files.list(folder).map(f -> f.getFileName().toString()).sorted().toArray());
  }
}
