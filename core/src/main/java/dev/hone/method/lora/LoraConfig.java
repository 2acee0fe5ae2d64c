package dev.hone.method.lora;

import dev.hone.config.Doc;
import dev.hone.config.Name;
import dev.hone.config.Range;
import dev.hone.method.Bias;
import dev.hone.method.PeftConfig;
import dev.hone.method.PeftJson;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** LoRA: a frozen weight plus a trained product of two small matrices (arXiv:2106.09685). */
@Name("lora")
@Doc("LoRA: a frozen weight plus a trained product of two small matrices (arXiv:2106.09685)")
public record LoraConfig(
    @Doc("Inner size r of the product") @Range(min = 1, max = 4096) int rank,
    @Doc("The product is scaled by alpha / rank") @Range(min = 0) double alpha,
    @Doc("Dropout on the input of the product, while training") @Range(min = 0, max = 0.95)
        double dropout,
    @Doc(
            "Modules to adapt, tables of embeddings too: names or name endings; [all-linear] takes"
                + " every linear but the head, [regex:...] an expression over whole paths")
        List<String> targetModules,
    @Doc("Scale by alpha / sqrt(rank) instead (rsLoRA, arXiv:2312.03732)") boolean rankStabilized,
    @Doc("Modules that are trained whole and saved with the adapter") List<String> modulesToSave,
    @Doc("Other ranks for modules whose name matches the key") Map<String, Integer> rankPattern,
    @Doc("Other alphas for modules whose name matches the key") Map<String, Double> alphaPattern,
    @Doc("Targets that are left out after all: names or name endings") List<String> excludeModules,
    @Doc("Numbers of the layers to adapt; empty means all") List<Integer> layersToTransform,
    @Doc("What stands before a layer's number in its name, e.g. layers; empty means anything")
        List<String> layersPattern,
    @Doc("Where the two matrices begin") Start start,
    @Doc("Power iterations of a quick pissa start; 0 decomposes exactly") @Range(min = 0, max = 100)
        int startIterations,
    @Doc("How many times its rank a linear may get from an eva start") @Range(min = 1, max = 100)
        double evaRho,
    @Doc("Train the weight's magnitude apart from its direction (DoRA, arXiv:2402.09353)")
        boolean dora,
    @Doc("Biases of the base that train too") Bias bias,
    @Doc("Learning rate of B as a multiple of A's (LoRA+, arXiv:2402.12354)")
        @Range(min = 0.001, max = 1000)
        double loraPlusRatio,
    @Doc("Train B only: less memory for activations (LoRA-FA, arXiv:2308.03303)") boolean freezeA,
    @Doc("Train a bias of B as well, which is scaled as B is") boolean loraBias,
    @Doc("Change a head that is the table of tokens together with it") boolean ensureWeightTying)
    implements PeftConfig {

  /** Where A and B begin. */
  public enum Start {
    /** A from Kaiming's uniform distribution, B zero. */
    KAIMING,
    /** A normal with deviation 1 / rank, B zero. */
    GAUSSIAN,
    /** From the weight's largest singular values (arXiv:2404.02948). */
    PISSA,
    /** From the weight's QR decomposition (arXiv:2406.01775). */
    OLORA,
    /** A from the singular vectors of the inputs (arXiv:2410.07170), B zero. */
    EVA,
    /**
     * From what the rounding of a quantised base has lost (arXiv:2310.08659). One iteration: more
     * would change the base, which never changes here.
     */
    LOFTQ
  }

  /** The eight options that most runs set; the others as by default. */
  public LoraConfig(
      int rank,
      double alpha,
      double dropout,
      List<String> targetModules,
      boolean rankStabilized,
      List<String> modulesToSave,
      Map<String, Integer> rankPattern,
      Map<String, Double> alphaPattern) {
    this(
        rank,
        alpha,
        dropout,
        targetModules,
        rankStabilized,
        modulesToSave,
        rankPattern,
        alphaPattern,
        List.of(),
        List.of(),
        List.of(),
        Start.KAIMING,
        0,
        2,
        false,
        Bias.NONE,
        1,
        false,
        false,
        false);
  }

  public static LoraConfig defaults() {
    return new LoraConfig(8, 16, 0.0, List.of("all-linear"), false, List.of(), Map.of(), Map.of());
  }

  /** The same with these modules whole, and these biases, beside the products. */
  public LoraConfig saving(List<String> modules, Bias biases) {
    return new LoraConfig(
        rank,
        alpha,
        dropout,
        targetModules,
        rankStabilized,
        modules,
        rankPattern,
        alphaPattern,
        excludeModules,
        layersToTransform,
        layersPattern,
        start,
        startIterations,
        evaRho,
        dora,
        biases,
        loraPlusRatio,
        freezeA,
        loraBias,
        ensureWeightTying);
  }

  /** The configuration that a file of PEFT's has. */
  public static LoraConfig read(PeftJson json) {
    json.ignore("loftq_config", "eva_config");
    return new LoraConfig(
        json.rank("r"),
        json.number("lora_alpha", 8),
        json.number("lora_dropout", 0),
        json.targetModules(),
        json.flag("use_rslora", false),
        json.modulesToSave(),
        json.ranks("rank_pattern"),
        json.numbers("alpha_pattern"),
        json.modules("exclude_modules"),
        json.integers("layers_to_transform"),
        json.texts("layers_pattern"),
        start(json),
        0,
        2,
        json.flag("use_dora", false),
        Bias.read(json, "LORA"),
        1,
        false,
        json.flag("lora_bias", false),
        json.flag("ensure_weight_tying", false));
  }

  /**
   * A file says how its adapter began. Only the starts that PEFT subtracts from the base matter for
   * what the finished one computes; those that were drawn or come from data cannot be had again.
   */
  private static Start start(PeftJson json) {
    String word = json.word("init_lora_weights", "true").toLowerCase(Locale.ROOT);
    return switch (word) {
      case "true", "false", "gaussian", "eva", "orthogonal" -> Start.KAIMING;
      case "pissa" -> Start.PISSA;
      case "olora" -> Start.OLORA;
      default ->
          throw json.unsupported(
              "init_lora_weights",
              word.startsWith("pissa_niter") || word.startsWith("corda")
                  ? "what it began with, and what the base lost by it, is not in the file; save it"
                      + " in PEFT with path_initial_model_for_weight_conversion, which makes a"
                      + " plain LoRA of it"
                  : "");
    };
  }

  @Override
  public String peftType() {
    return "LORA";
  }

  /** What a pair of twice the rank and the same scale has. */
  LoraConfig doubled() {
    double factor = rankStabilized ? Math.sqrt(2) : 2;
    Map<String, Integer> ranks = new LinkedHashMap<>();
    rankPattern.forEach((pattern, r) -> ranks.put(pattern, 2 * r));
    Map<String, Double> alphas = new LinkedHashMap<>();
    alphaPattern.forEach((pattern, a) -> alphas.put(pattern, factor * a));
    return with(2 * rank, factor * alpha, targetModules, ranks, alphas, Start.KAIMING);
  }

  /** The same with ranks of their own for targets whose start was worked out. */
  LoraConfig begun(List<String> targets, Map<String, Integer> ranks, Map<String, Double> alphas) {
    return with(rank, alpha, targets, ranks, alphas, Start.KAIMING);
  }

  private LoraConfig with(
      int newRank,
      double newAlpha,
      List<String> targets,
      Map<String, Integer> ranks,
      Map<String, Double> alphas,
      Start newStart) {
    return new LoraConfig(
        newRank,
        newAlpha,
        dropout,
        targets,
        rankStabilized,
        modulesToSave,
        ranks,
        alphas,
        excludeModules,
        layersToTransform,
        layersPattern,
        newStart,
        startIterations,
        evaRho,
        dora,
        bias,
        loraPlusRatio,
        freezeA,
        loraBias,
        ensureWeightTying);
  }

  /** Whether the start is subtracted from the base, so that nothing changes at first. */
  boolean startsFromWeight() {
    return start == Start.PISSA || start == Start.OLORA;
  }

  @Override
  public Map<String, @Nullable Object> fields() {
    Map<String, @Nullable Object> fields = new LinkedHashMap<>();
    fields.put("alpha_pattern", PeftConfig.numbers(alphaPattern));
    fields.put("bias", bias.word());
    fields.put("ensure_weight_tying", ensureWeightTying);
    fields.put("init_lora_weights", true);
    fields.put("lora_alpha", PeftConfig.number(alpha));
    fields.put("lora_bias", loraBias);
    fields.put("lora_dropout", dropout);
    fields.put("r", rank);
    fields.put("rank_pattern", rankPattern);
    fields.put("use_dora", dora);
    fields.put("use_rslora", rankStabilized);
    return fields;
  }
}
