package dev.hone.method.bitfit;

import dev.hone.method.Change;
import dev.hone.method.Leaves;
import dev.hone.method.PeftMethod;
import dev.hone.method.Targets;
import dev.hone.model.Linear;
import dev.hone.model.Model;
import dev.hone.model.Parameter;
import java.util.List;
import java.util.Set;

/** BitFit (arXiv:2106.10199): a trained copy stands for each bias. */
public final class BitFit extends PeftMethod {
  private final Set<String> modules;

  public BitFit(BitFitConfig config, Model model, Leaves leaves) {
    super(config, model, leaves);
    this.modules = new Targets(config, model).withBias();
  }

  @Override
  protected Set<String> targets() {
    return Set.of();
  }

  @Override
  protected Change change(Linear at, Leaves own) {
    throw new IllegalArgumentException("only biases change, not " + at.name());
  }

  @Override
  protected List<String> wholeParameters() {
    return model.parameters().stream()
        .map(Parameter::name)
        .filter(name -> name.endsWith(".bias") && modules.contains(Targets.module(name)))
        .toList();
  }

  @Override
  protected Set<String> targetPaths() {
    return modules;
  }
}
