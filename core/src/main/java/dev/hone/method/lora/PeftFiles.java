package dev.hone.method.lora;

import dev.hone.error.HoneException;
import dev.hone.model.Model;
import dev.hone.store.AtomicFiles;
import dev.hone.store.TensorFile;
import dev.hone.tensor.Scope;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * PEFT's files of a LoRA adapter: {@code adapter_config.json} and {@code
 * adapter_model.safetensors}.
 */
public final class PeftFiles {
  private static final ObjectMapper JSON =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();
  private static final String CONFIG = "adapter_config.json";
  private static final String TENSORS = "adapter_model.safetensors";

  /** Options of PEFT that change the mathematics and that are not built: refused unless off. */
  private static final List<String> UNSUPPORTED =
      List.of(
          "use_dora",
          "lora_bias",
          "layers_to_transform",
          "layers_pattern",
          "layer_replication",
          "exclude_modules",
          "target_parameters",
          "trainable_token_indices",
          "use_qalora",
          "use_bdlora",
          "alora_invocation_tokens",
          "arrow_config",
          "ensure_weight_tying");

  /** PEFT lists both names for every classifier, whichever the model has. */
  private static final List<String> HEADS = List.of("classifier", "score");

  private PeftFiles() {}

  /** Attaches the adapter in a folder; everything must fit, to the last tensor. */
  public static Lora read(Path folder, Model model) {
    JsonNode config = config(folder);
    String type = config.path("peft_type").asString("none");
    if (!type.equals("LORA")) {
      throw new HoneException(
          folder.resolve(CONFIG) + ": adapters of type " + type + " are not supported; LORA is");
    }
    for (String option : UNSUPPORTED) {
      JsonNode value = config.path(option);
      boolean off =
          value.isMissingNode()
              || value.isNull()
              || (value.isBoolean() && !value.asBoolean())
              || (value.isContainer() && value.isEmpty());
      if (!off) {
        throw new HoneException(
            folder.resolve(CONFIG) + ": option " + option + "=" + value + " is not supported");
      }
    }
    if (!config.path("bias").asString("none").equals("none")) {
      throw new HoneException(
          folder.resolve(CONFIG) + ": bias=" + config.path("bias") + " is not supported");
    }
    Path tensors = folder.resolve(TENSORS);
    if (!Files.exists(tensors)) {
      throw new HoneException(
          folder
              + " has no "
              + TENSORS
              + (Files.exists(folder.resolve("adapter_model.bin"))
                  ? "; adapter_model.bin is a pickle, which can run code: save it anew with"
                      + " save_pretrained(..., safe_serialization=True)"
                  : ""));
    }
    try (Scope scope = Scope.open()) {
      return Lora.of(
          loraConfig(config, folder, model), model, TensorFile.read(tensors), tensors.toString());
    }
  }

  private static JsonNode config(Path folder) {
    Path file = folder.resolve(CONFIG);
    try {
      return JSON.readTree(Files.readString(file));
    } catch (IOException e) {
      throw new HoneException(folder + " is no adapter folder: it has no " + CONFIG, e);
    } catch (JacksonException e) {
      throw new HoneException(file + ": broken JSON: " + e.getOriginalMessage(), e);
    }
  }

  private static LoraConfig loraConfig(JsonNode config, Path folder, Model model) {
    if (!config.path("r").isInt() || config.path("r").asInt() < 1) {
      throw new HoneException(folder.resolve(CONFIG) + ": r must be a positive number");
    }
    return new LoraConfig(
        config.path("r").asInt(),
        config.path("lora_alpha").asDouble(8),
        config.path("lora_dropout").asDouble(0),
        texts(config.path("target_modules")),
        config.path("use_rslora").asBoolean(false),
        texts(config.path("modules_to_save")).stream()
            .filter(m -> !HEADS.contains(m) || Targets.exists(m, model))
            .toList(),
        numbers(config.path("rank_pattern"), JsonNode::asInt),
        numbers(config.path("alpha_pattern"), JsonNode::asDouble));
  }

  private static List<String> texts(JsonNode node) {
    if (node.isString()) {
      return List.of(node.asString());
    }
    List<String> texts = new ArrayList<>();
    node.forEach(n -> texts.add(n.asString()));
    return texts;
  }

  private static <T> Map<String, T> numbers(
      JsonNode node, java.util.function.Function<JsonNode, T> read) {
    Map<String, T> numbers = new LinkedHashMap<>();
    node.properties().forEach(e -> numbers.put(e.getKey(), read.apply(e.getValue())));
    return numbers;
  }

  /**
   * Writes an adapter that PEFT loads.
   *
   * @param base what {@code base_model_name_or_path} will say
   */
  public static void write(Path folder, Lora lora, Model model, String base) {
    try {
      Files.createDirectories(folder);
      TensorFile.write(folder.resolve(TENSORS), lora.trainable());
      AtomicFiles.write(folder.resolve(CONFIG), JSON.writeValueAsString(fields(lora, model, base)));
    } catch (IOException e) {
      throw new HoneException("cannot write adapter to " + folder + ": " + e.getMessage(), e);
    }
  }

  private static Map<String, Object> fields(Lora lora, Model model, String base) {
    LoraConfig config = lora.config();
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("alpha_pattern", config.alphaPattern());
    fields.put("base_model_name_or_path", base);
    fields.put("bias", "none");
    fields.put("fan_in_fan_out", lora.fanInFanOut());
    fields.put("inference_mode", true);
    fields.put("init_lora_weights", true);
    fields.put("lora_alpha", number(config.alpha()));
    fields.put("lora_dropout", config.dropout());
    fields.put("modules_to_save", config.modulesToSave().isEmpty() ? null : config.modulesToSave());
    fields.put("peft_type", "LORA");
    fields.put("r", config.rank());
    fields.put("rank_pattern", config.rankPattern());
    fields.put("target_modules", lora.targetNames());
    fields.put("task_type", taskType(model.architecture()));
    fields.put("use_dora", false);
    fields.put("use_rslora", config.rankStabilized());
    return fields;
  }

  /** PEFT writes whole alphas without a decimal point. */
  private static Object number(double alpha) {
    return alpha == Math.rint(alpha) ? (Object) (long) alpha : (Object) alpha;
  }

  private static String taskType(String architecture) {
    if (architecture.endsWith("ForSequenceClassification")) {
      return "SEQ_CLS";
    }
    return architecture.endsWith("ForTokenClassification") ? "TOKEN_CLS" : "CAUSAL_LM";
  }
}
