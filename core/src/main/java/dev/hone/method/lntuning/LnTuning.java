package dev.hone.method.lntuning;

import dev.hone.method.Change;
import dev.hone.method.Leaves;
import dev.hone.method.PeftMethod;
import dev.hone.method.Targets;
import dev.hone.model.Linear;
import dev.hone.model.Model;
import dev.hone.model.Parameter;
import java.util.List;
import java.util.Set;

/** LN tuning (arXiv:2312.11420): a trained copy stands for each norm. */
public final class LnTuning extends PeftMethod {
  private final Set<String> norms;

  public LnTuning(LnTuningConfig config, Model model, Leaves leaves) {
    super(config, model, leaves);
    this.norms = new Targets(config, model).norms();
  }

  @Override
  protected Set<String> targets() {
    return Set.of();
  }

  @Override
  protected Change change(Linear at, Leaves own) {
    throw new IllegalArgumentException("no linear is a norm: " + at.name());
  }

  @Override
  protected List<String> wholeParameters() {
    return model.parameters().stream()
        .map(Parameter::name)
        .filter(name -> norms.contains(Targets.module(name)))
        .toList();
  }

  @Override
  protected Set<String> targetPaths() {
    return norms;
  }

  @Override
  protected String fileName(String parameter) {
    int dot = parameter.lastIndexOf('.');
    return PREFIX + parameter.substring(0, dot) + ".ln_tuning_layers" + parameter.substring(dot);
  }
}
