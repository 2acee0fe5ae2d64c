package dev.hone.method.ia3;

import dev.hone.error.HoneException;
import dev.hone.method.Affine;
import dev.hone.method.Change;
import dev.hone.method.Leaves;
import dev.hone.method.PeftMethod;
import dev.hone.method.Targets;
import dev.hone.model.Linear;
import dev.hone.model.Model;
import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** IA3 (arXiv:2205.05638): l * (W x + b), or W (l * x) + b at the end of a feed-forward part. */
public final class Ia3 extends PeftMethod {
  /** What is scaled where nothing was named: keys and values, and the last linear of each layer. */
  private record Family(List<String> targets, List<String> feedforward) {}

  private static final List<Family> FAMILIES =
      List.of(
          new Family(List.of("k_proj", "v_proj", "down_proj"), List.of("down_proj")),
          new Family(List.of("c_attn", "mlp.c_proj"), List.of("mlp.c_proj")),
          new Family(List.of("key", "value", "output.dense"), List.of("output.dense")),
          new Family(List.of("query_key_value", "dense_4h_to_h"), List.of("dense_4h_to_h")),
          new Family(List.of("k_proj", "v_proj", "fc2"), List.of("fc2")),
          new Family(List.of("qkv_proj", "down_proj"), List.of("down_proj")),
          new Family(List.of("k_lin", "v_lin", "lin2"), List.of("lin2")),
          new Family(List.of("k", "v", "wo"), List.of("wo")));

  /**
   * @param scales [out]
   */
  private record Outputs(Tensor scales) implements Change {
    @Override
    public Tensor forward(Affine base, Tensor x, boolean training) {
      return base.apply(x).mul(scales.reshape(-1));
    }

    @Override
    public Affine merged(Affine base) {
      Tensor bias = base.bias() == null ? null : base.bias().mul(scales.reshape(-1));
      return new Affine(base.weight().mul(scales.reshape(-1, 1)), bias);
    }
  }

  /**
   * @param scales [in]
   */
  private record Inputs(Tensor scales) implements Change {
    @Override
    public Tensor forward(Affine base, Tensor x, boolean training) {
      return base.apply(x.mul(scales.reshape(-1)));
    }

    @Override
    public Affine merged(Affine base) {
      return new Affine(base.weight().mul(scales.reshape(1, -1)), base.bias());
    }
  }

  private final Ia3Config config;

  public Ia3(Ia3Config given, Model model, Leaves leaves) {
    this(model, leaves, withTargets(given, model));
  }

  private Ia3(Model model, Leaves leaves, Ia3Config config) {
    super(config, model, leaves);
    this.config = config;
  }

  private static Ia3Config withTargets(Ia3Config config, Model model) {
    if (!config.targetModules().isEmpty()) {
      return config;
    }
    for (Family family : FAMILIES) {
      if (family.targets().stream().allMatch(t -> isThere(t, model))) {
        return new Ia3Config(
            family.targets(),
            family.feedforward(),
            config.excludeModules(),
            config.modulesToSave());
      }
    }
    throw new HoneException(
        "targetModules: name the linears of " + model.architecture() + " that IA3 is to scale");
  }

  private static boolean isThere(String target, Model model) {
    return model.linears().keySet().stream().anyMatch(n -> Targets.matches(n, target));
  }

  @Override
  protected Change change(Linear at, Leaves own) {
    // PEFT asks for no dot before the ending here.
    if (config.feedforwardModules().stream().anyMatch(m -> Targets.ends(at.name(), m))) {
      return new Inputs(own.trained("ia3_l", () -> Tensors.ones(1, at.in()), 1, at.in()));
    }
    return new Outputs(own.trained("ia3_l", () -> Tensors.ones(at.out(), 1), at.out(), 1));
  }

  /** A scale that decays switches off what it scales. */
  @Override
  public boolean decays(String name) {
    return !name.endsWith(".ia3_l");
  }

  @Override
  protected Map<String, @Nullable Object> fields() {
    Map<String, @Nullable Object> fields = new LinkedHashMap<>(super.fields());
    fields.put("fan_in_fan_out", fanInFanOut());
    // PEFT wants these to be targets word by word.
    List<String> ends = targetNames().stream().filter(n -> scalesInputs(n).contains(true)).toList();
    fields.put("feedforward_modules", ends);
    return fields;
  }

  /** Endings where each stands for one kind of change, otherwise whole paths. */
  @Override
  protected List<String> targetNames() {
    List<String> names = super.targetNames();
    boolean mixed = names.stream().anyMatch(name -> scalesInputs(name).size() > 1);
    return mixed ? List.copyOf(targetPaths()) : names;
  }

  /** Whether the modules that a name stands for have their inputs scaled. */
  private Set<Boolean> scalesInputs(String name) {
    return targetPaths().stream()
        .filter(path -> Targets.matches(path, name))
        .map(path -> changeAt(path) instanceof Inputs)
        .collect(Collectors.toSet());
  }
}
