package dev.hone.model;

import dev.hone.error.HoneException;
import dev.hone.store.AtomicFiles;
import dev.hone.store.TensorFile;
import dev.hone.tensor.DType;
import dev.hone.tensor.GradMode;
import dev.hone.tensor.Scope;
import dev.hone.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Writes a model as a Hugging Face folder. */
public final class ModelFiles {
  private static final List<String> TOKENIZER =
      List.of(
          "tokenizer.json",
          "tokenizer_config.json",
          "special_tokens_map.json",
          "vocab.txt",
          "vocab.json",
          "merges.txt",
          "chat_template.jinja");

  private ModelFiles() {}

  /**
   * @param values replace the model's own parameters by name; a tied head among them unties it
   * @param type in which the weights are stored
   */
  public static void write(Path folder, Model model, Map<String, Tensor> values, DType type) {
    try (Scope scope = Scope.open();
        GradMode off = GradMode.off()) {
      Files.createDirectories(folder);
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      for (Parameter parameter : model.parameters()) {
        Tensor value = values.getOrDefault(parameter.name(), parameter.value());
        tensors.put(inFile(model, parameter.name()), value.to(type));
      }
      boolean untied = false;
      for (Map.Entry<String, Tensor> value : values.entrySet()) {
        if (model.parameters().stream().noneMatch(p -> p.name().equals(value.getKey()))) {
          tensors.put(value.getKey(), value.getValue().to(type));
          untied = true;
        }
      }
      ObjectNode config = model.config().json().deepCopy();
      if (untied) {
        config.put("tie_word_embeddings", false);
      }
      config.remove("torch_dtype");
      config.remove("quantization_config"); // what was quantised is written in full
      config.put("dtype", torchName(type));
      AtomicFiles.write(
          folder.resolve("config.json"),
          JsonMapper.builder()
              .enable(SerializationFeature.INDENT_OUTPUT)
              .build()
              .writeValueAsString(config));
      TensorFile.write(folder.resolve("model.safetensors"), tensors);
    } catch (IOException e) {
      throw new HoneException("cannot write model to " + folder + ": " + e.getMessage(), e);
    }
  }

  private static String inFile(Model model, String name) {
    return model.fileNames().getOrDefault(name, name);
  }

  private static String torchName(DType type) {
    return switch (type) {
      case F16 -> "float16";
      case BF16 -> "bfloat16";
      case F64 -> "float64";
      default -> type == DType.F32 ? "float32" : type.name().toLowerCase(Locale.ROOT);
    };
  }

  /** Copies the tokenizer's files, so that a folder is complete by itself. */
  public static void copyTokenizer(Path from, Path to) {
    try {
      Files.createDirectories(to);
      for (String name : TOKENIZER) {
        if (Files.exists(from.resolve(name))) {
          Files.copy(from.resolve(name), to.resolve(name), StandardCopyOption.REPLACE_EXISTING);
        }
      }
    } catch (IOException e) {
      throw new HoneException("cannot copy the tokenizer to " + to + ": " + e.getMessage(), e);
    }
  }
}
