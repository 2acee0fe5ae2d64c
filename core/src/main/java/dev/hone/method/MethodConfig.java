package dev.hone.method;

import dev.hone.config.OneOf;
import dev.hone.method.adalora.AdaLoraConfig;
import dev.hone.method.bitfit.BitFitConfig;
import dev.hone.method.bottleneck.BottleneckConfig;
import dev.hone.method.bottleneck.FusionConfig;
import dev.hone.method.ia3.Ia3Config;
import dev.hone.method.lntuning.LnTuningConfig;
import dev.hone.method.loha.LoHaConfig;
import dev.hone.method.lokr.LoKrConfig;
import dev.hone.method.lora.LoraConfig;
import dev.hone.method.multitaskprompttuning.MultitaskPromptTuningConfig;
import dev.hone.method.prefixtuning.PrefixTuningConfig;
import dev.hone.method.prompttuning.PromptTuningConfig;
import dev.hone.method.ptuning.PTuningConfig;
import dev.hone.method.vera.VeraConfig;
import java.util.List;

/** Which way to adapt the model; the recipe's {@code method.type} chooses the record. */
@OneOf({
  FullConfig.class,
  LoraConfig.class,
  AdaLoraConfig.class,
  VeraConfig.class,
  LoHaConfig.class,
  LoKrConfig.class,
  Ia3Config.class,
  LnTuningConfig.class,
  BitFitConfig.class,
  BottleneckConfig.class,
  FusionConfig.class,
  PromptTuningConfig.class,
  MultitaskPromptTuningConfig.class,
  PrefixTuningConfig.class,
  PTuningConfig.class
})
public interface MethodConfig {
  /** Names of the tasks that it tells apart, in the order of their numbers; none for most. */
  default List<String> tasks() {
    return List.of();
  }
}
