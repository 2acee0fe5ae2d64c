package dev.hone.method;

import dev.hone.error.HoneException;
import dev.hone.model.Model;
import dev.hone.model.Parameter;
import dev.hone.tensor.Scope;
import dev.hone.tensor.Tensor;
import java.util.LinkedHashMap;
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
    Set<String> chosen = new Selection(model).of(config.train(), config.freeze());
    try (Scope scope = Scope.open()) {
      for (Parameter parameter : model.parameters()) {
        if (!parameter.trains() || !chosen.contains(parameter.name())) {
          continue;
        }
        if (parameter.value().isQuantised()) {
          throw new HoneException(
              "method full trains every weight, which a quantised base cannot hold: take method lora,"
                  + " or leave dtype out");
        }
        copies.put(parameter.name(), parameter.value().copy().requiresGrad(true).keep());
      }
    }
    if (model.folder() != null) {
      model.folder().unload(); // what has been copied need not be in memory twice
    }
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
