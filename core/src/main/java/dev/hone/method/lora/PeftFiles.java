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
import java.util.Set;
import org.jspecify.annotations.Nullable;
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

  /** Options that are understood, or that change nothing in what a finished adapter computes. */
  private static final Set<String> UNDERSTOOD =
      Set.of(
          "alpha_pattern",
          "auto_mapping",
          "base_model_name_or_path",
          "bias",
          "fan_in_fan_out",
          "inference_mode",
          "init_lora_weights",
          "lora_alpha",
          "lora_dropout",
          "megatron_core",
          "modules_to_save",
          "peft_type",
          "peft_version",
          "qalora_group_size",
          "r",
          "rank_pattern",
          "revision",
          "target_modules",
          "task_type",
          "use_rslora");

  /** Starts that leave the base model as it is; the others subtract the start from it. */
  private static final Set<String> STARTS = Set.of("gaussian", "eva", "orthogonal");

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
    // A list of what is known, not of what is refused: PEFT grows options faster than we do.
    for (String option : config.propertyNames()) {
      JsonNode value = config.path(option);
      if (!UNDERSTOOD.contains(option) && !off(value)) {
        throw unsupported(folder, option, value);
      }
    }
    JsonNode start = config.path("init_lora_weights");
    if (start.isString() && !STARTS.contains(start.asString())) {
      throw unsupported(folder, "init_lora_weights", start);
    }
    if (!config.path("bias").asString("none").equals("none")) {
      throw unsupported(folder, "bias", config.path("bias"));
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

  private static boolean off(JsonNode value) {
    return value.isNull()
        || (value.isBoolean() && !value.asBoolean())
        || (value.isContainer() && value.isEmpty());
  }

  private static HoneException unsupported(Path folder, String option, JsonNode value) {
    return new HoneException(
        folder.resolve(CONFIG) + ": option " + option + "=" + value + " is not supported");
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
    Path file = folder.resolve(CONFIG);
    requireRank(file, "r", config.path("r"));
    requireNumber(file, "lora_alpha", config.path("lora_alpha"));
    requireNumber(file, "lora_dropout", config.path("lora_dropout"));
    config.path("rank_pattern").forEach(rank -> requireRank(file, "rank_pattern", rank));
    config.path("alpha_pattern").forEach(alpha -> requireNumber(file, "alpha_pattern", alpha));
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

  private static void requireRank(Path file, String key, JsonNode rank) {
    if (!rank.isInt() || rank.asInt() < 1) {
      throw new HoneException(
          file + ": key '" + key + "' has " + rank + ", expected an integer from 1 on");
    }
  }

  private static void requireNumber(Path file, String key, JsonNode number) {
    if (!number.isNumber() && !number.isMissingNode()) {
      throw new HoneException(file + ": key '" + key + "' has " + number + ", expected a number");
    }
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
    write(folder, lora, model, base, null);
  }

  /**
   * The same for a base from the Hub.
   *
   * @param revision the base's commit, or null
   */
  public static void write(
      Path folder, Lora lora, Model model, String base, @Nullable String revision) {
    try {
      Files.createDirectories(folder);
      TensorFile.write(folder.resolve(TENSORS), lora.trainable());
      AtomicFiles.write(
          folder.resolve(CONFIG), JSON.writeValueAsString(fields(lora, model, base, revision)));
    } catch (IOException e) {
      throw new HoneException("cannot write adapter to " + folder + ": " + e.getMessage(), e);
    }
  }

  private static Map<String, @Nullable Object> fields(
      Lora lora, Model model, String base, @Nullable String revision) {
    LoraConfig config = lora.config();
    Map<String, @Nullable Object> fields = new LinkedHashMap<>();
    Map<String, Object> alphas = new LinkedHashMap<>();
    config.alphaPattern().forEach((pattern, alpha) -> alphas.put(pattern, number(alpha)));
    fields.put("alpha_pattern", alphas);
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
    fields.put("revision", revision);
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

  /** PEFT has no word for masked language models: null makes it take the model as it is. */
  private static @Nullable String taskType(String architecture) {
    if (architecture.endsWith("ForMaskedLM")) {
      return null;
    }
    if (architecture.endsWith("ForSequenceClassification")) {
      return "SEQ_CLS";
    }
    if (architecture.endsWith("ForConditionalGeneration")) {
      return "SEQ_2_SEQ_LM";
    }
    return architecture.endsWith("ForTokenClassification") ? "TOKEN_CLS" : "CAUSAL_LM";
  }
}
