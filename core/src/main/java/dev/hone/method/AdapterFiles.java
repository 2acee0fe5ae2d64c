package dev.hone.method;

import dev.hone.method.bottleneck.AdapterHubFiles;
import dev.hone.method.bottleneck.Bottleneck;
import dev.hone.method.bottleneck.Fusion;
import dev.hone.method.bottleneck.FusionFiles;
import dev.hone.model.Model;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * An adapter's folder in the layout of its method: AdapterHub's for bottlenecks and their fusion,
 * PEFT's for all others. Both begin with an {@code adapter_config.json}; a fusion begins with an
 * {@code adapter_setup.json}.
 */
public final class AdapterFiles {
  private AdapterFiles() {}

  /** Whether a folder holds an adapter. */
  public static boolean isIn(Path folder) {
    return Files.exists(folder.resolve(PeftFiles.CONFIG)) || FusionFiles.isIn(folder);
  }

  /** The configuration that names the base of the adapter in a folder. */
  public static JsonNode config(Path folder) {
    return FusionFiles.isIn(folder) ? FusionFiles.config(folder).json() : PeftFiles.config(folder);
  }

  /** The file with the tensors of the adapter in a folder. */
  public static Path tensors(Path folder) {
    return FusionFiles.isIn(folder)
        ? FusionFiles.tensors(folder)
        : folder.resolve(isAdapterHubs(config(folder)) ? "adapter.safetensors" : PeftFiles.TENSORS);
  }

  /** What the method of the adapter in a folder is called. */
  public static String type(Path folder) {
    if (FusionFiles.isIn(folder)) {
      return "adapter-fusion";
    }
    JsonNode config = config(folder);
    return isAdapterHubs(config)
        ? "bottleneck"
        : config.path("peft_type").asString("unknown").toLowerCase(Locale.ROOT);
  }

  /** Attaches the adapter in a folder; everything must fit, to the last tensor. */
  public static Method read(Path folder, Model model) {
    if (FusionFiles.isIn(folder)) {
      return FusionFiles.read(folder, model);
    }
    return isAdapterHubs(PeftFiles.config(folder))
        ? AdapterHubFiles.read(folder, model)
        : PeftFiles.read(folder, model);
  }

  /** Whether a configuration is AdapterHub's. */
  public static boolean isAdapterHubs(JsonNode config) {
    return !config.has("peft_type") && config.has("config");
  }

  /** The name of the base model in a configuration of either kind; may be empty. */
  public static String base(JsonNode config) {
    return config
        .path(isAdapterHubs(config) ? "model_name" : "base_model_name_or_path")
        .asString("");
  }

  /**
   * Writes an adapter.
   *
   * @param base name of the base model, or its folder
   * @param revision the base's commit on the Hub, or null
   * @throws IllegalArgumentException for a method that is no adapter
   */
  public static void write(
      Path folder, Method method, Model model, String base, @Nullable String revision) {
    switch (method) {
      case PeftMethod peft -> PeftFiles.write(folder, peft, model, base, revision);
      case Bottleneck own -> AdapterHubFiles.write(folder, own, model, base, revision);
      case Fusion fusion -> FusionFiles.write(folder, fusion, model, base, revision);
      default -> throw new IllegalArgumentException("no adapter files for " + method.config());
    }
  }
}
