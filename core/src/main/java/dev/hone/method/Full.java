package dev.hone.method;

import dev.hone.error.HoneException;
import dev.hone.model.Model;
import dev.hone.model.Parameter;
import dev.hone.tensor.Scope;
import dev.hone.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Full fine-tuning: a trained copy stands for every parameter that is chosen. The others are the
 * base's own, without a gradient, so that nothing below the lowest trained layer keeps a graph.
 */
public final class Full implements Method {
  private final FullConfig config;
  private final Map<String, Tensor> copies = new LinkedHashMap<>();

  public Full(Model model) {
    this(FullConfig.defaults(), model);
  }

  public Full(FullConfig config, Model model) {
    this.config = config;
    List<Parameter> chosen = chosen(config, model);
    try (Scope scope = Scope.open()) {
      for (Parameter parameter : chosen) {
        copies.put(parameter.name(), parameter.value().copy().requiresGrad(true).keep());
      }
    }
    if (model.folder() != null) {
      model.folder().unload(); // what has been copied need not be in memory twice
    }
  }

  /**
   * What would train.
   *
   * @throws HoneException where a quantised weight is among it
   */
  public static List<Parameter> chosen(FullConfig config, Model model) {
    Set<String> names = new Selection(model).of(config.train(), config.freeze());
    List<Parameter> chosen =
        model.parameters().stream().filter(p -> p.trains() && names.contains(p.name())).toList();
    if (chosen.stream().anyMatch(p -> p.value().isQuantised())) {
      throw new HoneException(
          "method full trains every weight, which a quantised base cannot hold: take method lora,"
              + " or leave dtype out");
    }
    return chosen;
  }

  @Override
  public Tensor value(Parameter parameter) {
    Tensor copy = copies.get(parameter.name());
    return copy == null ? parameter.value() : copy;
  }

  @Override
  public Map<String, Tensor> trainable() {
    return copies;
  }

  @Override
  public FullConfig config() {
    return config;
  }

  @Override
  public Map<String, Tensor> merged() {
    Map<String, Tensor> values = new LinkedHashMap<>();
    try (Scope scope = Scope.open()) {
      copies.forEach((name, copy) -> values.put(name, copy.detach().keep()));
    }
    return values;
  }
}
