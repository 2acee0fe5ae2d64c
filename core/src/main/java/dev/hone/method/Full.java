package dev.hone.method;

import dev.hone.model.BatchNorm;
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
  private final Map<String, Tensor> running = new LinkedHashMap<>();

  public Full(Model model) {
    this(FullConfig.defaults(), model);
  }

  public Full(FullConfig config, Model model) {
    this.config = config;
    Set<String> chosen = new Selection(model).of(config.train(), config.freeze());
    try (Scope scope = Scope.open()) {
      for (Parameter parameter : model.parameters()) {
        if (BatchNorm.isRunning(parameter)) {
          running.put(parameter.name(), parameter.value().copy().keep());
        }
        if (!parameter.trains() || !chosen.contains(parameter.name())) {
          continue;
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
    Map<String, Tensor> own = parameter.trains() ? copies : running;
    return own.getOrDefault(parameter.name(), parameter.value());
  }

  @Override
  public Map<String, Tensor> trainable() {
    return copies;
  }

  /** What batch norms have seen, which is no gradient's to change. */
  @Override
  public Map<String, Tensor> state() {
    return running;
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
      running.forEach((name, copy) -> values.put(name, copy.detach().keep()));
    }
    return values;
  }

  @Override
  public void close() {
    Method.super.close();
    running.values().forEach(Tensor::close);
  }
}
