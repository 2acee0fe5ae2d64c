package dev.hone.method.bottleneck;

import static dev.hone.method.MethodTrial.requireRefused;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.TinyModels;
import dev.hone.method.AdapterFiles;
import dev.hone.method.Method;
import dev.hone.method.MethodCases;
import dev.hone.method.MethodTrial;
import dev.hone.model.Model;
import dev.hone.store.TensorFile;
import dev.hone.store.TorchFile;
import dev.hone.tensor.Scope;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** What stands in AdapterHub's folder of a fusion. */
class FusionFilesTest {
  private static final JsonMapper JSON = JsonMapper.shared();

  @TempDir Path folder;
  private Model model;
  private Path out;
  private float[] expected;

  @BeforeEach
  void sound() {
    model = TinyModels.random(MethodCases.BERT);
    out = folder.resolve("out");
    try (Method fusion =
        MethodTrial.stirred(BottleneckCases.attached(FusionConfig.defaults(), model, folder), 1)) {
      AdapterFiles.write(out, fusion, model, "tiny", null);
      expected = MethodTrial.logits(model, fusion);
    }
  }

  @AfterEach
  void close() {
    model.close();
  }

  private static List<String> names(Path of) throws IOException {
    try (Stream<Path> files = Files.list(of)) {
      return files.map(f -> f.getFileName().toString()).sorted().toList();
    }
  }

  private JsonNode json(String file) throws IOException {
    return JSON.readTree(Files.readString(out.resolve(file)));
  }

  @Test
  void filesAndTensorsAreCalledAsInAdapterHub() throws IOException {
    assertEquals(List.of("a", "a,b", "adapter_setup.json", "b"), names(out));
    assertEquals(
        List.of(
            "adapter_fusion_config.json",
            "model_adapter_fusion.safetensors",
            "pytorch_model_adapter_fusion.bin"),
        names(out.resolve("a,b")));
    try (Scope scope = Scope.open()) {
      var tensors = TensorFile.read(out.resolve("a,b/model_adapter_fusion.safetensors"));
      String place = "bert.encoder.layer.1.output.adapter_fusion_layer.a,b.";
      assertTrue(
          tensors
              .keySet()
              .containsAll(
                  Stream.of("query.weight", "query.bias", "key.weight", "key.bias", "value.weight")
                      .map(place::concat)
                      .toList()),
          tensors.keySet().toString());
      assertEquals(10, tensors.size());
      assertTrue(
          TensorFile.read(out.resolve("b/adapter.safetensors")).keySet().stream()
              .allMatch(name -> name.contains(".adapters.b.")));
    }
  }

  @Test
  void theConfigurationsSayWhatAdapterHubWouldSay() throws IOException {
    assertEquals(
        JSON.readTree(
            """
            {"type": "Fuse", "children":
              [{"type": "single", "children": ["a"]}, {"type": "single", "children": ["b"]}]}
            """),
        json("adapter_setup.json").path("adapter_setup"));
    JsonNode fusion = json("a,b/adapter_fusion_config.json");
    assertEquals("a,b", fusion.path("name").asString());
    assertEquals("[\"a\",\"b\"]", fusion.path("adapter_names").toString());
    assertEquals("tiny", AdapterFiles.base(AdapterFiles.config(out)));
    assertEquals(
        JSON.readTree(
            """
            {"key": true, "query": true, "value": true, "query_before_ln": false,
             "regularization": true, "residual_before": false, "temperature": false,
             "value_before_softmax": true, "value_initialized": true, "dropout_prob": null}
            """),
        fusion.path("config"));
    assertEquals("a", json("a/adapter_config.json").path("name").asString());
  }

  /** A folder of AdapterHub's own has no other. */
  @Test
  void torchsFormIsReadAlone() throws IOException {
    Files.delete(out.resolve("a,b/model_adapter_fusion.safetensors"));
    Files.delete(out.resolve("a/adapter.safetensors"));
    try (Method read = AdapterFiles.read(out, model)) {
      assertArrayEquals(expected, MethodTrial.logits(model, read));
    }
    try (Scope scope = Scope.open()) {
      Path file = out.resolve("a,b/pytorch_model_adapter_fusion.bin");
      var tensors = new LinkedHashMap<>(TorchFile.read(file));
      String first = tensors.keySet().iterator().next();
      tensors.remove(first);
      TorchFile.write(file, tensors);
      requireRefused("'" + first + "' is missing", () -> AdapterFiles.read(out, model));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "type|\"Stack\"|Fuse: no other setup is read",
        "children|[]|distinct names",
        "children|[{\"type\": \"single\", \"children\": [\"../b\"]}]|../b' cannot be",
        "children|[{\"type\": \"Stack\", \"children\": []}]|expected single adapters",
        "children|[{\"type\": \"single\", \"children\": [\"c\"]}]|adapter_fusion_config.json"
      })
  void aSetupThatIsNotReadIsRefused(String key, String value, String expected) throws IOException {
    ObjectNode setup = (ObjectNode) json("adapter_setup.json");
    ((ObjectNode) setup.path("adapter_setup")).set(key, JSON.readTree(value));
    Files.writeString(out.resolve("adapter_setup.json"), setup.toString());
    requireRefused(expected, () -> AdapterFiles.read(out, model));
  }

  @ParameterizedTest
  @CsvSource({
    "key,1,expected true or false",
    "value_initialized,\"yes\",expected true or false",
    "dropout_prob,\"much\",dropout_prob",
    "dropout_prob,1.5,below 1",
    "something_new,1,something_new"
  })
  void anOptionThatIsNotKnownIsRefusedByName(String key, String value, String expected)
      throws IOException {
    ObjectNode fusion = (ObjectNode) json("a,b/adapter_fusion_config.json");
    ((ObjectNode) fusion.path("config")).set(key, JSON.readTree(value));
    Files.writeString(out.resolve("a,b/adapter_fusion_config.json"), fusion.toString());
    requireRefused(expected, () -> AdapterFiles.read(out, model));
  }
}
