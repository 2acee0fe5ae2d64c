package dev.hone.inspect;

import dev.hone.error.HoneException;
import dev.hone.method.AdapterFiles;
import dev.hone.model.Model;
import dev.hone.model.Parameter;
import dev.hone.model.family.Families;
import dev.hone.run.AdapterCard;
import dev.hone.store.Fingerprint;
import dev.hone.store.ModelFolder;
import dev.hone.store.Safetensors;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * What an adapter's folder holds.
 *
 * @param type {@code peft_type}, in small letters; or bottleneck or adapter-fusion, in AdapterHub's
 *     layout
 * @param rank null for a method without one; so is {@code alpha}
 * @param targets {@code target_modules}, or the expression that stands for them
 * @param base the name of the base model
 * @param baseFolder where that was found, or null
 * @param labels that it was trained to tell apart
 * @param chatTemplate hash of the template of its training, or empty
 * @param baseFingerprint of the base of its training, or empty where another program made it
 * @param sameBase whether the base found has that fingerprint; null where nobody looked
 * @param strangers tensors for which the base found has no place
 */
public record AdapterFacts(
    String type,
    @Nullable Integer rank,
    @Nullable Double alpha,
    List<String> targets,
    List<String> modulesToSave,
    String base,
    @Nullable String baseFolder,
    List<String> labels,
    String chatTemplate,
    String baseFingerprint,
    @Nullable Boolean sameBase,
    List<String> strangers,
    WeightFacts weights) {
  private static final String PREFIX = "base_model.model.";

  /**
   * @param given the base's folder, or null for the one that the adapter names
   * @param verify whether to read the base's weights for their fingerprint
   */
  static AdapterFacts of(Path folder, @Nullable Path given, boolean verify) {
    JsonNode json = AdapterFiles.config(folder);
    AdapterCard card = AdapterCard.read(folder).orElse(null);
    String name = AdapterFiles.base(json);
    Path base = given != null ? given : there(name);
    String fingerprint = card == null ? "" : card.baseFingerprint();
    try (Safetensors tensors = Safetensors.open(AdapterFiles.tensors(folder))) {
      return new AdapterFacts(
          AdapterFiles.type(folder),
          json.path("r").isInt() ? Integer.valueOf(json.path("r").intValue()) : null,
          alpha(json),
          texts(json.path("target_modules")),
          texts(json.path("modules_to_save")),
          name,
          base == null ? null : base.toString(),
          card == null ? List.of() : card.labels(),
          card == null ? "" : card.chatTemplate(),
          fingerprint,
          verify && base != null && !fingerprint.isEmpty() ? same(base, fingerprint) : null,
          base == null ? List.of() : strangers(tensors.names(), base),
          WeightFacts.of(
              1, tensors.names().stream().map(tensors::get).toList(), tensors.metadata()));
    }
  }

  private static @Nullable Double alpha(JsonNode json) {
    for (String key : List.of("lora_alpha", "alpha")) {
      if (json.path(key).isNumber()) {
        return json.path(key).doubleValue();
      }
    }
    return null;
  }

  private static @Nullable Path there(String name) {
    Path path = Path.of(name);
    return !name.isEmpty() && Files.exists(path.resolve("config.json")) ? path : null;
  }

  private static boolean same(Path base, String fingerprint) {
    try (ModelFolder folder = ModelFolder.open(base)) {
      return Fingerprint.of(folder).equals(fingerprint);
    }
  }

  /** An adapter's tensor is called after the module that it changes, with more words behind. */
  private static List<String> strangers(List<String> tensors, Path base) {
    Set<String> modules = new HashSet<>();
    try (Model outline = Families.outline(base)) {
      modules.addAll(outline.linears().keySet());
      for (Parameter parameter : outline.parameters()) {
        modules.add(parent(parameter.name()));
      }
    } catch (HoneException e) {
      return List.of(); // the base's own facts say why
    }
    List<String> strangers = new ArrayList<>();
    for (String tensor : tensors) {
      String path = tensor.startsWith(PREFIX) ? tensor.substring(PREFIX.length()) : tensor;
      while (!path.isEmpty() && !modules.contains(path)) {
        path = parent(path);
      }
      if (path.isEmpty() && tensor.startsWith(PREFIX)) {
        strangers.add(tensor);
      }
    }
    return strangers;
  }

  private static String parent(String path) {
    return path.substring(0, Math.max(0, path.lastIndexOf('.')));
  }

  private static List<String> texts(JsonNode node) {
    if (node.isString()) {
      return List.of(node.stringValue());
    }
    return node.valueStream().map(v -> v.asString("")).toList();
  }
}
