package dev.hone.method.prompttuning;

import dev.hone.method.Leaves;
import dev.hone.method.SoftVectors;
import dev.hone.model.Model;
import dev.hone.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/** Prompt tuning (arXiv:2104.08691): the vectors themselves train. */
public final class PromptTuning extends SoftVectors {
  private final PromptTuningConfig config;

  public PromptTuning(PromptTuningConfig config, Model model, Leaves leaves, int[] text) {
    super(config, model, leaves, text, config.numTransformerSubmodules());
    this.config = config;
  }

  @Override
  protected @Nullable Maker network(Leaves own) {
    return null;
  }

  @Override
  protected Tensor begun() {
    return firstVectors();
  }

  @Override
  public double rateFactor(String name) {
    return name.equals(TABLE) ? config.rateFactor() : 1;
  }
}
