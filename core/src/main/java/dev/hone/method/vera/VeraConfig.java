package dev.hone.method.vera;

import dev.hone.config.Doc;
import dev.hone.config.Name;
import dev.hone.config.Range;
import dev.hone.method.Bias;
import dev.hone.method.PeftConfig;
import dev.hone.method.PeftJson;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** VeRA: two random matrices for the whole model, scaled by trained vectors (arXiv:2310.11454). */
@Name("vera")
@Doc("VeRA: two random matrices for the whole model, scaled by trained vectors (arXiv:2310.11454)")
public record VeraConfig(
    @Doc("Inner size r of the shared product") @Range(min = 1, max = 65536) int rank,
    @Doc("Dropout on the input of the product, while training") @Range(min = 0, max = 0.95)
        double dropout,
    @Doc("Where the vector between the two matrices begins") double dInitial,
    @Doc("Seed of the shared matrices") long projectionSeed,
    @Doc("Keep the shared matrices in the adapter's file, so that no seed has to be trusted")
        boolean saveProjection,
    @Doc("Biases of the base that train too") Bias bias,
    @Doc("Linears to adapt: names or name endings; [all-linear] takes all but the head")
        List<String> targetModules,
    @Doc("Numbers of the layers to adapt; empty means all") List<Integer> layersToTransform,
    @Doc("What stands before a layer's number in its name, e.g. layers; empty means anything")
        List<String> layersPattern,
    @Doc("Modules that are trained whole and saved with the adapter") List<String> modulesToSave)
    implements PeftConfig {

  public static VeraConfig defaults() {
    return new VeraConfig(
        256, 0, 0.1, 0, true, Bias.NONE, List.of("all-linear"), List.of(), List.of(), List.of());
  }

  /** The configuration that a file of PEFT's has. */
  public static VeraConfig read(PeftJson json) {
    json.ignore("init_weights");
    return new VeraConfig(
        json.rank("r"),
        json.number("vera_dropout", 0),
        json.number("d_initial", 0.1),
        json.integer("projection_prng_key", 0),
        json.flag("save_projection", true),
        Bias.read(json, "VERA"),
        json.targetModules(),
        json.integers("layers_to_transform"),
        json.texts("layers_pattern"),
        json.modulesToSave());
  }

  @Override
  public String peftType() {
    return "VERA";
  }

  @Override
  public Map<String, @Nullable Object> fields() {
    Map<String, @Nullable Object> fields = new LinkedHashMap<>();
    fields.put("bias", bias.word());
    fields.put("d_initial", dInitial);
    fields.put("init_weights", true);
    fields.put("projection_prng_key", projectionSeed);
    fields.put("r", rank);
    fields.put("save_projection", saveProjection);
    fields.put("vera_dropout", dropout);
    return fields;
  }
}
