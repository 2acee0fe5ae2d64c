package dev.hone.method.adalora;

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

/** AdaLoRA: LoRA that moves its ranks to where they matter (arXiv:2303.10512). */
@Name("adalora")
@Doc("AdaLoRA: LoRA that moves its ranks to where they matter (arXiv:2303.10512)")
public record AdaLoraConfig(
    @Doc("Rank of every linear at the beginning") @Range(min = 1, max = 4096) int initRank,
    @Doc("Mean rank of the linears at the end") @Range(min = 1, max = 4096) int targetRank,
    @Doc("The product is scaled by alpha / initRank") @Range(min = 0) double alpha,
    @Doc("Dropout on the input of the product, while training") @Range(min = 0, max = 0.95)
        double dropout,
    @Doc("Steps before ranks are taken away") @Range(min = 0) int tinit,
    @Doc("Steps at the end in which ranks stay as they are") @Range(min = 0) int tfinal,
    @Doc("Steps from one allocation of ranks to the next") @Range(min = 1) int deltaT,
    @Doc("Memory of the mean sensitivity") @Range(min = 0.001, max = 0.999) double beta1,
    @Doc("Memory of its uncertainty") @Range(min = 0.001, max = 0.999) double beta2,
    @Doc("Weight of the term that keeps the factors orthogonal") @Range(min = 0)
        double orthRegWeight,
    @Doc("Steps of the schedule; 0 takes the run's") @Range(min = 0) int totalSteps,
    @Doc("Biases of the base that train too") Bias bias,
    @Doc("Linears to adapt: names or name endings; [all-linear] takes all but the head")
        List<String> targetModules,
    @Doc("Targets that are left out after all: names or name endings") List<String> excludeModules,
    @Doc("Numbers of the layers to adapt; empty means all") List<Integer> layersToTransform,
    @Doc("What stands before a layer's number in its name, e.g. layers; empty means anything")
        List<String> layersPattern,
    @Doc("Modules that are trained whole and saved with the adapter") List<String> modulesToSave,
    @Doc("Ranks that an earlier run has left to single linears, by their full names")
        Map<String, Integer> ranks)
    implements PeftConfig {

  /** What a key of PEFT's rank_pattern ends with. */
  private static final String OF_E = ".lora_E";

  public static AdaLoraConfig defaults() {
    return new AdaLoraConfig(
        12,
        8,
        8,
        0,
        0,
        0,
        1,
        0.85,
        0.85,
        0.5,
        0,
        Bias.NONE,
        List.of("all-linear"),
        List.of(),
        List.of(),
        List.of(),
        List.of(),
        Map.of());
  }

  /** The configuration that a file of PEFT's has. */
  public static AdaLoraConfig read(PeftJson json) {
    json.ignore("r", "init_lora_weights", "loftq_config");
    Map<String, Integer> ranks = new LinkedHashMap<>();
    json.counts("rank_pattern")
        .forEach((name, rank) -> ranks.put(name.substring(0, name.indexOf(OF_E)), rank));
    return new AdaLoraConfig(
        json.rank("init_r"),
        json.integer("target_r", 8),
        json.number("lora_alpha", 8),
        json.number("lora_dropout", 0),
        json.integer("tinit", 0),
        json.integer("tfinal", 0),
        json.integer("deltaT", 1),
        json.number("beta1", 0.85),
        json.number("beta2", 0.85),
        json.number("orth_reg_weight", 0.5),
        json.integer("total_step", 0),
        Bias.read(json, "ADALORA"),
        json.targetModules(),
        json.modules("exclude_modules"),
        json.integers("layers_to_transform"),
        json.texts("layers_pattern"),
        json.modulesToSave(),
        ranks);
  }

  @Override
  public String peftType() {
    return "ADALORA";
  }

  @Override
  public Map<String, @Nullable Object> fields() {
    Map<String, @Nullable Object> fields = new LinkedHashMap<>();
    fields.put("beta1", beta1);
    fields.put("beta2", beta2);
    fields.put("bias", bias.word());
    fields.put("deltaT", deltaT);
    fields.put("init_lora_weights", true);
    fields.put("init_r", initRank);
    fields.put("lora_alpha", PeftConfig.number(alpha));
    fields.put("lora_dropout", dropout);
    fields.put("orth_reg_weight", orthRegWeight);
    fields.put("target_r", targetRank);
    fields.put("tfinal", tfinal);
    fields.put("tinit", tinit);
    // PEFT refuses a schedule without steps between tinit and tfinal.
    fields.put("total_step", Math.max(totalSteps, tinit + tfinal + 1));
    return fields;
  }
}
