package dev.hone.method;

import dev.hone.error.HoneException;
import dev.hone.model.Model;
import dev.hone.store.AtomicFiles;
import dev.hone.store.TensorFile;
import dev.hone.tensor.GradMode;
import dev.hone.tensor.Scope;
import dev.hone.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** PEFT's files of an adapter: {@code adapter_config.json}, {@code adapter_model.safetensors}. */
public final class PeftFiles {
  private static final ObjectMapper JSON =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();
  static final String CONFIG = "adapter_config.json";
  static final String TENSORS = "adapter_model.safetensors";

  private PeftFiles() {}

  /** Attaches the adapter in a folder; everything must fit, to the last tensor. */
  public static PeftMethod read(Path folder, Model model) {
    JsonNode json = config(folder);
    PeftJson reading = new PeftJson(folder.resolve(CONFIG), json, model);
    PeftConfig config = Methods.peftConfig(json.path("peft_type").asString("none"), reading);
    Map<String, List<Integer>> tokens = reading.tokens("trainable_token_indices");
    reading.refuseTheRest();
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
      Leaves leaves = Leaves.from(TensorFile.read(tensors), tensors.toString()).with(tokens);
      return Methods.begin(config, model, leaves);
    }
  }

  /**
   * Attaches the adapter in a folder with a network in place of the table that it has made.
   *
   * @param network its tensors, by the names that they have while training
   */
  public static PeftMethod read(Path folder, Model model, Map<String, Tensor> network) {
    JsonNode json = config(folder);
    PeftJson reading = new PeftJson(folder.resolve(CONFIG), json, model);
    PeftConfig config = Methods.peftConfig(json.path("peft_type").asString("none"), reading);
    try (Scope scope = Scope.open()) {
      Map<String, Tensor> tensors = new LinkedHashMap<>(TensorFile.read(folder.resolve(TENSORS)));
      tensors.remove(SoftPrompt.TABLE);
      tensors.putAll(network);
      return Methods.begin(config, model, Leaves.from(tensors, folder.toString()));
    }
  }

  static JsonNode config(Path folder) {
    Path file = folder.resolve(CONFIG);
    try {
      return JSON.readTree(Files.readString(file));
    } catch (IOException e) {
      throw new HoneException(folder + " is no adapter folder: it has no " + CONFIG, e);
    } catch (JacksonException e) {
      throw new HoneException(file + ": broken JSON: " + e.getOriginalMessage(), e);
    }
  }

  /**
   * Writes an adapter that PEFT loads.
   *
   * @param base what {@code base_model_name_or_path} will say
   */
  public static void write(Path folder, PeftMethod method, Model model, String base) {
    write(folder, method, model, base, null);
  }

  /**
   * The same for a base from the Hub.
   *
   * @param revision the base's commit, or null
   */
  public static void write(
      Path folder, PeftMethod method, Model model, String base, @Nullable String revision) {
    try (Scope scope = Scope.open();
        GradMode off = GradMode.off()) {
      Files.createDirectories(folder);
      TensorFile.write(folder.resolve(TENSORS), method.saved());
      AtomicFiles.write(
          folder.resolve(CONFIG), JSON.writeValueAsString(fields(method, model, base, revision)));
    } catch (IOException e) {
      throw new HoneException("cannot write adapter to " + folder + ": " + e.getMessage(), e);
    }
  }

  private static Map<String, @Nullable Object> fields(
      PeftMethod method, Model model, String base, @Nullable String revision) {
    Map<String, @Nullable Object> fields = new TreeMap<>(method.fields());
    List<String> saved = method.modulesToSave();
    fields.put("base_model_name_or_path", base);
    fields.put("inference_mode", true);
    fields.put("modules_to_save", saved.isEmpty() ? null : saved);
    fields.put("peft_type", method.config().peftType());
    fields.put("revision", revision);
    if (method.virtualTokens() == null) {
      fields.put("target_modules", method.targetNames());
    }
    if (!method.tokens().isEmpty()) {
      fields.put("trainable_token_indices", method.tokens());
    }
    fields.put("task_type", taskType(model.architecture(), saved));
    return fields;
  }

  /**
   * PEFT has no word for masked language models and multiple choice, and takes it that every
   * classifier's adapter brings a head: null makes it take the model as it is.
   */
  private static @Nullable String taskType(String architecture, List<String> saved) {
    boolean head = saved.stream().anyMatch(Targets.HEADS::contains);
    if (architecture.endsWith("ForSequenceClassification")) {
      return head ? "SEQ_CLS" : null;
    }
    if (architecture.endsWith("ForTokenClassification")) {
      return head ? "TOKEN_CLS" : null;
    }
    if (architecture.endsWith("ForConditionalGeneration")) {
      return "SEQ_2_SEQ_LM";
    }
    if (architecture.endsWith("ForQuestionAnswering")) {
      return head ? "QUESTION_ANS" : null;
    }
    return architecture.matches(".*(ForMaskedLM|ForMultipleChoice)") ? null : "CAUSAL_LM";
  }
}
