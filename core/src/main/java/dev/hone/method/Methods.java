package dev.hone.method;

import dev.hone.config.Name;
import dev.hone.data.Batch;
import dev.hone.error.HoneException;
import dev.hone.method.adalora.AdaLora;
import dev.hone.method.adalora.AdaLoraConfig;
import dev.hone.method.bitfit.BitFit;
import dev.hone.method.bitfit.BitFitConfig;
import dev.hone.method.bottleneck.Bottleneck;
import dev.hone.method.bottleneck.BottleneckConfig;
import dev.hone.method.bottleneck.Fusion;
import dev.hone.method.bottleneck.FusionConfig;
import dev.hone.method.ia3.Ia3;
import dev.hone.method.ia3.Ia3Config;
import dev.hone.method.lntuning.LnTuning;
import dev.hone.method.lntuning.LnTuningConfig;
import dev.hone.method.loha.LoHa;
import dev.hone.method.loha.LoHaConfig;
import dev.hone.method.lokr.LoKr;
import dev.hone.method.lokr.LoKrConfig;
import dev.hone.method.lora.Lora;
import dev.hone.method.lora.LoraConfig;
import dev.hone.method.multitaskprompttuning.MultitaskPromptTuning;
import dev.hone.method.multitaskprompttuning.MultitaskPromptTuningConfig;
import dev.hone.method.prefixtuning.PrefixTuning;
import dev.hone.method.prefixtuning.PrefixTuningConfig;
import dev.hone.method.prompttuning.PromptTuning;
import dev.hone.method.prompttuning.PromptTuningConfig;
import dev.hone.method.ptuning.PTuning;
import dev.hone.method.ptuning.PTuningConfig;
import dev.hone.method.vera.Vera;
import dev.hone.method.vera.VeraConfig;
import dev.hone.model.Linear;
import dev.hone.model.Model;
import dev.hone.model.Recurrent;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Supplier;

/** Attaches the method that a configuration asks for. */
public final class Methods {
  /** How the keys of a file are read, by its {@code peft_type}. */
  private static final Map<String, Function<PeftJson, PeftConfig>> READERS =
      new TreeMap<>(
          Map.ofEntries(
              Map.entry("ADALORA", AdaLoraConfig::read),
              Map.entry("BITFIT", BitFitConfig::read),
              Map.entry("IA3", Ia3Config::read),
              Map.entry("LN_TUNING", LnTuningConfig::read),
              Map.entry("LOHA", LoHaConfig::read),
              Map.entry("LOKR", LoKrConfig::read),
              Map.entry("LORA", LoraConfig::read),
              Map.entry("MULTITASK_PROMPT_TUNING", MultitaskPromptTuningConfig::read),
              Map.entry("PREFIX_TUNING", PrefixTuningConfig::read),
              Map.entry("PROMPT_TUNING", PromptTuningConfig::read),
              Map.entry("P_TUNING", PTuningConfig::read),
              Map.entry("VERA", VeraConfig::read)));

  private Methods() {}

  /**
   * @param batches of the training data, for a method that looks at it before it begins
   * @param ids of a text, for a method that begins with one
   */
  public static Method attach(
      MethodConfig config,
      Model model,
      Supplier<List<Batch>> batches,
      Function<String, int[]> ids) {
    require(config, model);
    return switch (config) {
      case LoraConfig lora -> Lora.attach(lora, model, batches);
      case SoftPromptConfig soft when soft.start() == SoftPromptConfig.Start.TEXT ->
          begin(soft, model, Leaves.fresh(), text(soft, ids));
      default -> attach(config, model);
    };
  }

  private static int[] text(SoftPromptConfig config, Function<String, int[]> ids) {
    int[] text = ids.apply(config.text());
    if (text.length == 0) {
      throw new HoneException(
          "method: virtual tokens are to begin with a text, but '"
              + config.text()
              + "' has no tokens; write one, or let them begin with tokens of the vocabulary");
    }
    return text;
  }

  /** Without training data and without a text to begin with. */
  public static Method attach(MethodConfig config, Model model) {
    require(config, model);
    return switch (config) {
      case FullConfig full -> new Full(full, model);
      case BottleneckConfig bottleneck -> Bottleneck.attach(bottleneck, model);
      case FusionConfig fusion -> Fusion.attach(fusion, model);
      case PeftConfig peft -> begin(peft, model, Leaves.fresh());
      default -> throw new IllegalArgumentException("no method for " + config);
    };
  }

  /** What a file may hold, but nobody means who makes a new adapter. */
  private static void require(MethodConfig config, Model model) {
    requireLinears(config, model);
    if (config instanceof PeftConfig peft) {
      new Targets(peft, model).requireAllMeant();
      if (!peft.bias().suits(peft.peftType())) {
        throw new HoneException(
            "method.bias: "
                + peft.bias().word()
                + " is another method's word; say "
                + (peft instanceof VeraConfig ? Bias.VERA_ONLY : Bias.LORA_ONLY).word());
      }
    }
    if (config instanceof Ia3Config scales && !scales.targetModules().isEmpty()) {
      requireTargets(scales, model);
    }
    if (config instanceof AdaLoraConfig ranks && ranks.targetRank() > ranks.initRank()) {
      throw new HoneException(
          "method.targetRank is "
              + ranks.targetRank()
              + ", more than method.initRank, "
              + ranks.initRank()
              + ": adalora only takes ranks away; begin with about one and a half times the"
              + " target");
    }
  }

  private static void requireTargets(Ia3Config config, Model model) {
    List<Linear> targets = new Targets(config, model).linears();
    for (String module : config.feedforwardModules()) {
      if (targets.stream().noneMatch(target -> Targets.ends(target.name(), module))) {
        throw new HoneException(
            "feedforwardModules: '"
                + module
                + "' is none of the targets; name it in targetModules too");
      }
    }
  }

  /** The weights of an LSTM layer are no linears, and its reading no attention. */
  private static void requireLinears(MethodConfig config, Model model) {
    if (model.backbone() instanceof Recurrent && !(config instanceof FullConfig)) {
      throw new HoneException(
          "method.type is "
              + config.getClass().getAnnotation(Name.class).value()
              + ", which has nothing to change in the recurrent layers of "
              + model.architecture()
              + "; use full, with method.train to choose what trains");
    }
  }

  static PeftMethod begin(PeftConfig config, Model model, Leaves leaves) {
    return begin(config, model, leaves, new int[0]);
  }

  /**
   * @param text ids of the text that virtual tokens begin with
   */
  private static PeftMethod begin(PeftConfig config, Model model, Leaves leaves, int[] text) {
    return begun(
        switch (config) {
          case AdaLoraConfig adalora -> new AdaLora(adalora, model, leaves);
          case BitFitConfig bitfit -> new BitFit(bitfit, model, leaves);
          case Ia3Config ia3 -> new Ia3(ia3, model, leaves);
          case LnTuningConfig norms -> new LnTuning(norms, model, leaves);
          case LoHaConfig loha -> new LoHa(loha, model, leaves);
          case LoKrConfig lokr -> new LoKr(lokr, model, leaves);
          case LoraConfig lora -> new Lora(lora, model, leaves);
          case MultitaskPromptTuningConfig tasks ->
              new MultitaskPromptTuning(tasks, model, leaves, text);
          case PrefixTuningConfig prefix -> new PrefixTuning(prefix, model, leaves, text);
          case PromptTuningConfig prompt -> new PromptTuning(prompt, model, leaves, text);
          case PTuningConfig network -> new PTuning(network, model, leaves, text);
          case VeraConfig vera -> new Vera(vera, model, leaves);
          default -> throw new IllegalArgumentException("no method for " + config);
        });
  }

  /** Gives a new method its tensors; it frees itself where one is refused. */
  public static <M extends PeftMethod> M begun(M method) {
    method.begin();
    return method;
  }

  static PeftConfig peftConfig(String type, PeftJson json) {
    Function<PeftJson, PeftConfig> reader = READERS.get(type);
    if (reader == null) {
      throw new HoneException(
          json.file()
              + ": adapters of type "
              + type
              + " are not supported; supported are "
              + String.join(", ", READERS.keySet()));
    }
    return reader.apply(json);
  }
}
