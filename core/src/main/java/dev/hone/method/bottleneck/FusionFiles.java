package dev.hone.method.bottleneck;

import dev.hone.error.HoneException;
import dev.hone.method.Leaves;
import dev.hone.model.Model;
import dev.hone.store.Config;
import dev.hone.tensor.GradMode;
import dev.hone.tensor.Scope;
import dev.hone.tensor.Tensor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * AdapterHub's folder of a whole setup: {@code adapter_setup.json}, a folder for each adapter, and
 * one for the fusion, which is called by the names of the adapters with commas between. There are
 * {@code adapter_fusion_config.json}, the tensors as {@code model_adapter_fusion.safetensors} and
 * {@code pytorch_model_adapter_fusion.bin}, and the head's files where one trained too.
 */
public final class FusionFiles {
  private static final String SETUP = "adapter_setup.json";
  private static final String CONFIG = "adapter_fusion_config.json";

  /** What scores are divided by, of which AdapterHub keeps no record. */
  private static final String TEMPERATURE = "temperature";

  private FusionFiles() {}

  /** Whether a folder holds a setup. */
  public static boolean isIn(Path folder) {
    return Files.exists(folder.resolve(SETUP));
  }

  /** The configuration of the fusion in a folder. */
  public static Config config(Path folder) {
    return Config.read(fusion(folder, names(folder)).resolve(CONFIG));
  }

  /** The file with the tensors of the fusion in a folder. */
  public static Path tensors(Path folder) {
    return TensorPair.FUSION.in(fusion(folder, names(folder)));
  }

  /** Attaches the fusion in a folder; everything must fit, to the last tensor. */
  public static Fusion read(Path folder, Model model) {
    List<String> names = names(folder);
    Path own = fusion(folder, names);
    Config json = Config.read(own.resolve(CONFIG));
    Map<String, Path> folders = new LinkedHashMap<>();
    names.forEach(name -> folders.put(name, folder.resolve(name)));
    FusionConfig config = FusionConfig.read(json.object("config"), List.copyOf(folders.values()));
    double temperature = json.optionalDouble(TEMPERATURE).orElse(1);
    if (!(temperature >= 1)) {
      throw json.wrong(TEMPERATURE, "a number from 1 on");
    }
    try (Scope scope = Scope.open()) {
      Map<String, Tensor> tensors =
          new LinkedHashMap<>(AdapterHubFiles.tensors(TensorPair.FUSION, own));
      tensors.putAll(AdapterHubFiles.head(own));
      Leaves leaves = Leaves.from(tensors, TensorPair.FUSION.in(own).toString());
      return Fusion.of(config, folders, model, leaves, temperature);
    }
  }

  private static Path fusion(Path folder, List<String> names) {
    return folder.resolve(String.join(",", names));
  }

  /** The names of the adapters that a setup fuses. */
  private static List<String> names(Path folder) {
    Path file = folder.resolve(SETUP);
    Config setup = Config.read(file).object("adapter_setup");
    if (!setup.text("type").equals("Fuse")) {
      throw setup.wrong("type", "Fuse: no other setup is read");
    }
    List<String> names = new ArrayList<>();
    for (JsonNode child : setup.json().path("children")) {
      if (!child.path("type").asString("").equals("single")) {
        throw new HoneException(file + ": a fusion of " + child + ", expected single adapters");
      }
      names.add(
          AdapterHubFiles.requireName(
              child.path("children").path(0).asString(""), file.toString()));
    }
    if (names.isEmpty() || names.size() > names.stream().distinct().count()) {
      throw new HoneException(file + ": fuses " + names + ", expected adapters of distinct names");
    }
    return names;
  }

  /**
   * Writes a setup that AdapterHub loads, with copies of the adapters.
   *
   * @param base name of the base model, or its folder
   * @param revision the base's commit on the Hub, or null
   */
  public static void write(
      Path folder, Fusion method, Model model, String base, @Nullable String revision) {
    List<String> names = List.copyOf(method.adapters().keySet());
    Path own = fusion(folder, names);
    method
        .adapters()
        .forEach(
            (name, adapter) ->
                AdapterHubFiles.write(folder.resolve(name), adapter, name, model, base, revision));
    try (Scope scope = Scope.open();
        GradMode off = GradMode.off()) {
      Map<String, Tensor> tensors = new LinkedHashMap<>(method.trainable());
      tensors.keySet().removeAll(method.head().parameters().keySet());
      TensorPair.FUSION.write(own, tensors);
      AdapterHubFiles.writeHead(own, method.head().parameters(), model, base);
    }
    Map<String, @Nullable Object> fields = AdapterHubFiles.fields(model, base);
    fields.put("adapter_names", names);
    fields.put("config", method.config().fields());
    fields.put("name", String.join(",", names));
    fields.put("revision", revision);
    if (method.config().temperature()) {
      fields.put(TEMPERATURE, method.temperature());
    }
    AdapterHubFiles.write(own.resolve(CONFIG), fields);
    Map<String, @Nullable Object> setup = new TreeMap<>();
    setup.put(
        "adapter_setup",
        block("Fuse", names.stream().map(n -> block("single", List.of(n))).toList()));
    setup.put("head_setup", null);
    setup.put("version", AdapterHubFiles.VERSION);
    AdapterHubFiles.write(folder.resolve(SETUP), setup);
  }

  private static Map<String, Object> block(String type, List<?> children) {
    return new TreeMap<>(Map.of("type", type, "children", children));
  }
}
