package dev.hone.method.bottleneck;

import dev.hone.error.HoneException;
import dev.hone.method.Leaves;
import dev.hone.model.Model;
import dev.hone.store.AtomicFiles;
import dev.hone.store.Config;
import dev.hone.store.TensorFile;
import dev.hone.store.TorchFile;
import dev.hone.tensor.GradMode;
import dev.hone.tensor.Scope;
import dev.hone.tensor.Tensor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * AdapterHub's files of an adapter: {@code adapter_config.json}, and the tensors as {@code
 * adapter.safetensors} and {@code pytorch_adapter.bin}; where a head trained too, {@code
 * head_config.json}, {@code model_head.safetensors} and {@code pytorch_model_head.bin}.
 *
 * <p>Both forms of the tensors are written: AdapterHub reads the second unless it is told
 * otherwise, and the first is the one that needs no pickle. The first is read where both are there.
 */
public final class AdapterHubFiles {
  private static final ObjectMapper JSON =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();
  private static final String CONFIG = "adapter_config.json";
  private static final String HEAD_CONFIG = "head_config.json";

  /** The library whose layout this is. */
  private static final String VERSION = "adapters.1.2.0";

  /** Modules that had another name in the library's first versions. */
  private static final List<String> RENAMED =
      List.of(
          "attention_text_task_adapters",
          "attention_text_lang_adapters",
          "layer_text_task_adapters",
          "layer_text_lang_adapters");

  /** The two files of some tensors. */
  private record Pair(String safetensors, String torch) {
    boolean isIn(Path folder) {
      return Files.exists(folder.resolve(safetensors)) || Files.exists(folder.resolve(torch));
    }

    Path in(Path folder) {
      Path first = folder.resolve(safetensors);
      return Files.exists(first) ? first : folder.resolve(torch);
    }

    Map<String, Tensor> read(Path folder) {
      Path file = in(folder);
      return file.endsWith(safetensors) ? TensorFile.read(file) : TorchFile.read(file);
    }

    void write(Path folder, Map<String, Tensor> tensors) {
      TensorFile.write(folder.resolve(safetensors), tensors);
      TorchFile.write(folder.resolve(torch), tensors);
    }
  }

  private static final Pair ADAPTER = new Pair("adapter.safetensors", "pytorch_adapter.bin");
  private static final Pair HEAD = new Pair("model_head.safetensors", "pytorch_model_head.bin");

  private AdapterHubFiles() {}

  /** Attaches the adapter in a folder; everything must fit, to the last tensor. */
  public static Bottleneck read(Path folder, Model model) {
    Config json = Config.read(folder.resolve(CONFIG));
    BnConfig config = BnConfig.read(json.object("config"), json.has("version"));
    if (!ADAPTER.isIn(folder)) {
      throw new HoneException(
          folder + " has no " + ADAPTER.safetensors() + " and no " + ADAPTER.torch());
    }
    try (Scope scope = Scope.open()) {
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      ADAPTER.read(folder).forEach((name, tensor) -> tensors.put(renamed(name), tensor));
      if (HEAD.isIn(folder)) {
        requirePlainHead(folder);
        tensors.putAll(HEAD.read(folder));
      }
      Leaves leaves = Leaves.from(tensors, ADAPTER.in(folder).toString());
      return new Bottleneck(config, json.text("name"), List.of(), model, leaves);
    }
  }

  private static String renamed(String name) {
    String renamed = name;
    for (String old : RENAMED) {
      renamed = renamed.replace(old, "adapters");
    }
    return renamed;
  }

  /** AdapterHub's own model classes have heads of another make. */
  private static void requirePlainHead(Path folder) {
    Path file = folder.resolve(HEAD_CONFIG);
    if (Files.exists(file) && Config.read(file).has("config")) {
      throw new HoneException(
          file
              + ": a head of AdapterHub's flexible model classes, which is not supported; save the"
              + " adapter again with_head=False, or from the model class of transformers");
    }
  }

  /**
   * Writes an adapter that AdapterHub loads.
   *
   * @param base name of the base model, or its folder
   * @param revision the base's commit on the Hub, or null
   */
  public static void write(
      Path folder, Bottleneck method, Model model, String base, @Nullable String revision) {
    try (Scope scope = Scope.open();
        GradMode off = GradMode.off()) {
      Map<String, Tensor> tensors = new LinkedHashMap<>(method.trainable());
      tensors.keySet().removeAll(method.head().keySet());
      for (String name : List.copyOf(tensors.keySet())) {
        String twice = name.replace(Bn.NORM_BEFORE, Bn.NORM_TWICE);
        tensors.computeIfAbsent(twice, n -> method.trainable().get(name));
      }
      ADAPTER.write(folder, tensors);
      if (!method.head().isEmpty()) {
        HEAD.write(folder, method.head());
        write(folder.resolve(HEAD_CONFIG), headFields(model, base));
      }
      Map<String, @Nullable Object> fields = fields(model, base);
      fields.put("config", method.config().fields());
      fields.put("name", method.name());
      fields.put("revision", revision);
      write(folder.resolve(CONFIG), fields);
    }
  }

  private static void write(Path file, Map<String, @Nullable Object> fields) {
    AtomicFiles.write(file, JSON.writeValueAsString(fields));
  }

  private static Map<String, @Nullable Object> fields(Model model, String base) {
    Map<String, @Nullable Object> fields = new TreeMap<>();
    fields.put("hidden_size", model.backbone().hiddenSize());
    fields.put("model_class", model.architecture());
    fields.put("model_name", base);
    fields.put("model_type", model.config().optionalText("model_type").orElse(null));
    fields.put("version", VERSION);
    return fields;
  }

  private static Map<String, @Nullable Object> headFields(Model model, String base) {
    Map<String, @Nullable Object> fields = fields(model, base);
    fields.put("config", null);
    fields.put("label2id", model.config().json().get("label2id"));
    fields.put("name", null);
    return fields;
  }
}
