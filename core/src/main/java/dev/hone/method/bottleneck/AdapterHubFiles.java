package dev.hone.method.bottleneck;

import dev.hone.error.HoneException;
import dev.hone.method.Leaves;
import dev.hone.model.Model;
import dev.hone.store.AtomicFiles;
import dev.hone.store.Config;
import dev.hone.tensor.GradMode;
import dev.hone.tensor.Scope;
import dev.hone.tensor.Tensor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
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
  static final String VERSION = "adapters.1.2.0";

  /** Modules that had another name in the library's first versions. */
  private static final List<String> RENAMED =
      List.of(
          "attention_text_task_adapters",
          "attention_text_lang_adapters",
          "layer_text_task_adapters",
          "layer_text_lang_adapters");

  private AdapterHubFiles() {}

  /** Attaches the adapter in a folder; everything must fit, to the last tensor. */
  public static Bottleneck read(Path folder, Model model) {
    try (Scope scope = Scope.open()) {
      return read(folder, model, head(folder), own -> TrainedHead.of(List.of(), model, own));
    }
  }

  /** The same without the head that may be beside it. */
  static Bottleneck withoutHead(Path folder, Model model) {
    try (Scope scope = Scope.open()) {
      return read(folder, model, Map.of(), own -> TrainedHead.NONE);
    }
  }

  private static Bottleneck read(
      Path folder, Model model, Map<String, Tensor> beside, Function<Leaves, TrainedHead> head) {
    Config json = Config.read(folder.resolve(CONFIG));
    if (json.has("peft_type")) {
      throw json.wrong(
          "peft_type", "none: a bottleneck adapter of AdapterHub's, not one of PEFT's");
    }
    BnConfig config = BnConfig.read(json.object("config"), json.has("version"));
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    tensors(TensorPair.ADAPTER, folder)
        .forEach((name, tensor) -> tensors.put(renamed(name), tensor));
    tensors.putAll(beside);
    Leaves leaves = Leaves.from(tensors, TensorPair.ADAPTER.in(folder).toString());
    return Bottleneck.of(config, json.text("name"), model, leaves, head);
  }

  /** Tensors that must be there. */
  static Map<String, Tensor> tensors(TensorPair pair, Path folder) {
    if (!pair.isIn(folder)) {
      throw new HoneException(folder + " has no " + pair.safetensors() + " and no " + pair.torch());
    }
    return pair.read(folder);
  }

  /** The tensors of a head in a folder; none where it holds no head. */
  static Map<String, Tensor> head(Path folder) {
    if (!TensorPair.HEAD.isIn(folder)) {
      return Map.of();
    }
    requirePlainHead(folder);
    return TensorPair.HEAD.read(folder);
  }

  /** A name that can be a folder's and a part of tensors' names. */
  static String requireName(String name, String where) {
    if (!name.matches("[^.,/\\\\\\s]+")) {
      throw new HoneException(
          where
              + ": '"
              + name
              + "' cannot be an adapter's name, which is a word without dots, commas and slashes");
    }
    return name;
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
    write(folder, method, method.name(), model, base, revision);
  }

  /**
   * The same under another name.
   *
   * @param name that AdapterHub will call it by
   */
  static void write(
      Path folder,
      Bottleneck method,
      String name,
      Model model,
      String base,
      @Nullable String revision) {
    try (Scope scope = Scope.open();
        GradMode off = GradMode.off()) {
      Map<String, Tensor> head = method.head().parameters();
      String old = ".adapters." + method.name() + ".";
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      method
          .trainable()
          .forEach(
              (at, tensor) -> {
                if (!head.containsKey(at)) {
                  tensors.put(at.replace(old, ".adapters." + name + "."), tensor);
                }
              });
      for (Map.Entry<String, Tensor> one : List.copyOf(tensors.entrySet())) {
        tensors.putIfAbsent(one.getKey().replace(Bn.NORM_BEFORE, Bn.NORM_TWICE), one.getValue());
      }
      TensorPair.ADAPTER.write(folder, tensors);
      writeHead(folder, head, model, base);
      Map<String, @Nullable Object> fields = fields(model, base);
      fields.put("config", method.config().fields());
      fields.put("name", name);
      fields.put("revision", revision);
      write(folder.resolve(CONFIG), fields);
    }
  }

  /** Writes a head, if there is one. */
  static void writeHead(Path folder, Map<String, Tensor> head, Model model, String base) {
    if (head.isEmpty()) {
      return;
    }
    TensorPair.HEAD.write(folder, head);
    Map<String, @Nullable Object> fields = fields(model, base);
    fields.put("config", null);
    fields.put("label2id", model.config().json().get("label2id"));
    fields.put("name", null);
    write(folder.resolve(HEAD_CONFIG), fields);
  }

  static void write(Path file, Map<String, @Nullable Object> fields) {
    AtomicFiles.write(file, JSON.writeValueAsString(fields));
  }

  /** What every configuration of AdapterHub says about the base. */
  static Map<String, @Nullable Object> fields(Model model, String base) {
    Map<String, @Nullable Object> fields = new TreeMap<>();
    fields.put("hidden_size", model.backbone().hiddenSize());
    fields.put("model_class", model.architecture());
    fields.put("model_name", base);
    fields.put("model_type", model.config().optionalText("model_type").orElse(null));
    fields.put("version", VERSION);
    return fields;
  }
}
