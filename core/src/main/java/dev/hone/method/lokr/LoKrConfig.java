package dev.hone.method.lokr;

import dev.hone.config.Doc;
import dev.hone.config.Name;
import dev.hone.config.Range;
import dev.hone.method.PeftConfig;
import dev.hone.method.PeftJson;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** LoKr: the Kronecker product of two small matrices (arXiv:2212.10650). */
@Name("lokr")
@Doc("LoKr: the Kronecker product of two small matrices (arXiv:2212.10650)")
public record LoKrConfig(
    @Doc("Inner size r of a factor that is a product itself") @Range(min = 1, max = 4096) int rank,
    @Doc("The product is scaled by alpha / rank") @Range(min = 0) double alpha,
    @Doc("Make the left factor a product of two matrices too, where it is large enough")
        boolean decomposeBoth,
    @Doc("Rows and columns of the left factor, where they divide; -1 means near the square root")
        @Range(min = -1, max = 65536)
        int decomposeFactor,
    @Doc("Linears to adapt: names or name endings; [all-linear] takes all but the head")
        List<String> targetModules,
    @Doc("Targets that are left out after all: names or name endings") List<String> excludeModules,
    @Doc("Numbers of the layers to adapt; empty means all") List<Integer> layersToTransform,
    @Doc("What stands before a layer's number in its name, e.g. layers; empty means anything")
        List<String> layersPattern,
    @Doc("Modules that are trained whole and saved with the adapter") List<String> modulesToSave,
    @Doc("Other ranks for modules whose name matches the key") Map<String, Integer> rankPattern,
    @Doc("Other alphas for modules whose name matches the key") Map<String, Double> alphaPattern)
    implements PeftConfig {

  public static LoKrConfig defaults() {
    return new LoKrConfig(
        8,
        8,
        false,
        -1,
        List.of("all-linear"),
        List.of(),
        List.of(),
        List.of(),
        List.of(),
        Map.of(),
        Map.of());
  }

  /** The configuration that a file of PEFT's has. */
  public static LoKrConfig read(PeftJson json) {
    json.ignore(
        "init_weights",
        "rank_dropout",
        "rank_dropout_scale",
        "module_dropout",
        "use_effective_conv2d");
    return new LoKrConfig(
        json.rank("r"),
        json.number("alpha", 8),
        json.flag("decompose_both", false),
        json.integer("decompose_factor", -1),
        json.targetModules(),
        json.modules("exclude_modules"),
        json.integers("layers_to_transform"),
        json.texts("layers_pattern"),
        json.modulesToSave(),
        json.ranks("rank_pattern"),
        json.numbers("alpha_pattern"));
  }

  @Override
  public String peftType() {
    return "LOKR";
  }

  @Override
  public Map<String, @Nullable Object> fields() {
    Map<String, @Nullable Object> fields = new LinkedHashMap<>();
    fields.put("alpha", PeftConfig.number(alpha));
    fields.put("alpha_pattern", PeftConfig.numbers(alphaPattern));
    fields.put("decompose_both", decomposeBoth);
    fields.put("decompose_factor", decomposeFactor);
    fields.put("init_weights", true);
    fields.put("module_dropout", 0.0);
    fields.put("r", rank);
    fields.put("rank_dropout", 0.0);
    fields.put("rank_pattern", rankPattern);
    return fields;
  }
}
