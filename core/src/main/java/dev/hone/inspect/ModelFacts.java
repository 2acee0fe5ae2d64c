package dev.hone.inspect;

import dev.hone.error.HoneException;
import dev.hone.model.Model;
import dev.hone.model.family.Families;
import dev.hone.store.Config;
import dev.hone.store.ModelFolder;
import dev.hone.store.TensorEntry;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * What a model's folder holds.
 *
 * @param architecture of config.json; empty where it names none
 * @param loadsAs the architecture as which Hone loads it, or null
 * @param family of that architecture, or null
 * @param refusal why Hone does not load it, or null
 * @param parameters distinct ones: a matrix that is used twice counts once
 * @param context most positions, or null where nobody says
 * @param storedType that config.json names, or null
 * @param tied linears that use the matrix of a table
 * @param made parameters that the files lack and that would start at random
 * @param surplus tensors of the files that the model does not use
 * @param memory empty for a model that does not load
 */
public record ModelFacts(
    String architecture,
    String modelType,
    @Nullable String loadsAs,
    @Nullable String family,
    @Nullable String refusal,
    long parameters,
    List<PartFacts> parts,
    @Nullable Integer layers,
    @Nullable Integer hiddenSize,
    @Nullable Integer heads,
    @Nullable Integer keyValueHeads,
    @Nullable Integer vocabSize,
    @Nullable Integer context,
    @Nullable String storedType,
    List<String> tied,
    List<String> made,
    List<String> surplus,
    WeightFacts weights,
    List<MemoryEstimate> memory) {

  static ModelFacts of(Path folder, MemoryEstimate.Load load) {
    try (ModelFolder files = ModelFolder.open(folder)) {
      WeightFacts weights = WeightFacts.of(files.fileCount(), files.tensors().values(), Map.of());
      try (Model outline = Families.outline(folder)) {
        return loading(files, weights, outline, load);
      } catch (HoneException e) {
        return refused(files, weights, String.valueOf(e.getMessage()));
      }
    }
  }

  private static ModelFacts loading(
      ModelFolder files, WeightFacts weights, Model outline, MemoryEstimate.Load load) {
    Map<String, Long> sizes = new LinkedHashMap<>();
    outline.parameters().forEach(p -> sizes.put(p.name(), p.value().numel()));
    List<String> surplus = new java.util.ArrayList<>(outline.surplus());
    surplus.addAll(files.surplus());
    return new ModelFacts(
        architecture(files.config()),
        files.config().json().path("model_type").asString(""),
        outline.architecture(),
        Families.familyOf(outline.architecture()).orElse(null),
        null,
        outline.parameterCount(),
        PartFacts.of(sizes),
        layers(files.config()),
        outline.backbone().hiddenSize(),
        heads(files.config()),
        keyValueHeads(files.config()),
        vocabulary(files.config()),
        limit(outline.backbone().maxPositions()),
        storedType(files.config()),
        outline.linears().values().stream()
            .filter(l -> !l.weight().name().equals(l.name() + ".weight"))
            .map(l -> l.name() + " = " + l.weight().name())
            .toList(),
        outline.made(),
        surplus,
        weights,
        MemoryEstimate.of(outline, load));
  }

  private static ModelFacts refused(ModelFolder files, WeightFacts weights, String refusal) {
    Map<String, Long> sizes = new LinkedHashMap<>();
    for (TensorEntry tensor : files.tensors().values()) {
      sizes.put(tensor.name(), tensor.elements());
    }
    Config config = files.config();
    return new ModelFacts(
        architecture(config),
        config.json().path("model_type").asString(""),
        null,
        null,
        refusal,
        weights.parameters(),
        PartFacts.of(sizes),
        layers(config),
        first(config, "hidden_size", "n_embd", "d_model", "dim"),
        heads(config),
        keyValueHeads(config),
        vocabulary(config),
        first(config, "max_position_embeddings", "n_positions", "n_ctx", "max_seq_len"),
        storedType(config),
        List.of(),
        List.of(),
        files.surplus(),
        weights,
        List.of());
  }

  private static String architecture(Config config) {
    return config.json().path("architectures").path(0).asString("");
  }

  private static @Nullable Integer layers(Config config) {
    return first(
        config, "num_hidden_layers", "n_layer", "num_layers", "n_layers", "encoder_layers");
  }

  /** A recurrent model reads rows of any length. */
  private static @Nullable Integer limit(int positions) {
    return positions == Integer.MAX_VALUE ? null : positions;
  }

  private static @Nullable Integer heads(Config config) {
    return first(
        config, "num_attention_heads", "n_head", "num_heads", "n_heads", "encoder_attention_heads");
  }

  private static @Nullable Integer keyValueHeads(Config config) {
    return first(config, "num_key_value_heads", "num_kv_heads");
  }

  private static @Nullable Integer vocabulary(Config config) {
    return first(config, "vocab_size");
  }

  private static @Nullable String storedType(Config config) {
    for (String key : List.of("dtype", "torch_dtype")) {
      JsonNode value = config.json().path(key);
      if (value.isString()) {
        return value.stringValue();
      }
    }
    return null;
  }

  /** Families have had a word of their own for everything. */
  private static @Nullable Integer first(Config config, String... keys) {
    for (String key : keys) {
      JsonNode value = config.json().path(key);
      if (value.isInt()) {
        return value.intValue();
      }
    }
    return null;
  }
}
