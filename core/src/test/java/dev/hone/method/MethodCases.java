package dev.hone.method;

import dev.hone.TinyModels;
import dev.hone.method.adalora.AdaLoraConfig;
import dev.hone.method.bitfit.BitFitConfig;
import dev.hone.method.ia3.Ia3Config;
import dev.hone.method.lntuning.LnTuningConfig;
import dev.hone.method.loha.LoHaConfig;
import dev.hone.method.lokr.LoKrConfig;
import dev.hone.method.lora.LoraConfig;
import dev.hone.method.lora.LoraConfig.Start;
import dev.hone.method.multitaskprompttuning.MultitaskPromptTuningConfig;
import dev.hone.method.prefixtuning.PrefixTuningConfig;
import dev.hone.method.prompttuning.PromptTuningConfig;
import dev.hone.method.ptuning.PTuningConfig;
import dev.hone.method.vera.VeraConfig;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** Every method on models with both layouts of a matrix, tied and untied. */
public final class MethodCases {
  private static final List<String> QV = List.of("q_proj", "v_proj");

  private static final Map<String, Object> BIASED_PISSA =
      Map.of("loraBias", true, "start", Start.PISSA);

  public static final String LLAMA = TinyModels.llamaConfig("{'attention_bias': true}");
  public static final String TIED = TinyModels.llamaConfig("{'tie_word_embeddings': true}");
  public static final String GPT2 = TinyModels.gpt2Config("{}");
  public static final String BERT = TinyModels.bertConfig("BertForSequenceClassification");
  public static final String T5 = TinyModels.t5Config("{}");
  public static final String MASKED = TinyModels.bertConfig("BertForMaskedLM");

  /**
   * @param exact whether a fresh adapter gives the base's numbers to the last bit
   */
  public record Case(String name, String model, MethodConfig config, boolean exact) {
    public Case(String name, String model, MethodConfig config) {
      this(name, model, config, true);
    }

    @Override
    public String toString() {
      return name;
    }
  }

  private MethodCases() {}

  /** A configuration with other values for the keys named. */
  public static <T extends Record> T changed(T config, Map<String, Object> changes) {
    Map<String, Object> left = new TreeMap<>(changes);
    try {
      RecordComponent[] components = config.getClass().getRecordComponents();
      Object[] values = new Object[components.length];
      for (int i = 0; i < values.length; i++) {
        Object other = left.remove(components[i].getName());
        values[i] = other != null ? other : components[i].getAccessor().invoke(config);
      }
      if (!left.isEmpty()) {
        throw new IllegalArgumentException("no such keys: " + left);
      }
      Class<?>[] types =
          Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
      @SuppressWarnings("unchecked")
      T changed = (T) config.getClass().getDeclaredConstructor(types).newInstance(values);
      return changed;
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }

  public static LoraConfig lora(Map<String, Object> changes) {
    return changed(changed(LoraConfig.defaults(), Map.of("rank", 4, "alpha", 8.0)), changes);
  }

  private static LoraConfig lora(List<String> targets, List<String> saved) {
    return lora(Map.of("targetModules", targets, "modulesToSave", saved));
  }

  private static FullConfig full(List<String> train, List<String> freeze) {
    return new FullConfig(FullConfig.Stored.F32, train, freeze);
  }

  /** Methods that train the model's own parameters. */
  static Stream<Case> full() {
    return Stream.of(
        new Case("full llama", LLAMA, FullConfig.defaults()),
        new Case("full tied llama", TIED, FullConfig.defaults()),
        new Case("full gpt2", GPT2, FullConfig.defaults()),
        new Case("full bert", BERT, FullConfig.defaults()),
        new Case("full masked bert", MASKED, FullConfig.defaults()),
        new Case("top layer", LLAMA, full(List.of("top-1"), List.of())),
        new Case("bottom layer", GPT2, full(List.of("bottom-1"), List.of())),
        new Case("all but embeddings", BERT, full(List.of("all"), List.of("embeddings"))),
        new Case("head", BERT, full(List.of("head"), List.of())),
        new Case("norms and biases", GPT2, full(List.of("norms", "biases"), List.of())),
        new Case("by pattern", LLAMA, full(List.of(".*\\.[qk]_proj\\..*"), List.of(".*bias"))));
  }

  /** Methods whose files are PEFT's. */
  public static Stream<Case> peft() {
    LoraConfig patterns =
        lora(
            Map.of(
                "rankStabilized",
                true,
                "rankPattern",
                Map.of("layers.0.*", 2),
                "alphaPattern",
                Map.of("v_proj", 32.0)));
    return Stream.of(
        new Case("lora llama", LLAMA, LoraConfig.defaults()),
        new Case("lora patterns", LLAMA, patterns),
        new Case("lora gpt2", GPT2, LoraConfig.defaults()),
        new Case("lora bert", BERT, lora(List.of("query", "value"), List.of("classifier"))),
        new Case("lora masked bert", MASKED, lora(List.of("query", "decoder"), List.of())),
        new Case("lora head", LLAMA, lora(List.of("lm_head"), List.of())),
        new Case("lora tied head", TIED, lora(List.of("lm_head"), List.of())),
        new Case("saved head", LLAMA, lora(QV, List.of("lm_head"))),
        new Case("saved tied head", TIED, lora(QV, List.of("lm_head"))),
        new Case("saved embeddings", LLAMA, lora(QV, List.of("embed_tokens"))),
        new Case("saved tied embeddings", TIED, lora(QV, List.of("embed_tokens"))),
        new Case("saved gpt2 embeddings", GPT2, lora(List.of("c_attn"), List.of("wte"))),
        new Case("saved both, tied", TIED, lora(QV, List.of("embed_tokens", "lm_head"))),
        new Case("saved masked", MASKED, lora(List.of("query"), List.of("word_embeddings"))),
        new Case("saved norm", LLAMA, lora(QV, List.of("norm"))),
        new Case("table", LLAMA, lora(List.of("embed_tokens", "q_proj"), List.of())),
        new Case("tied table", TIED, lora(List.of("embed_tokens"), List.of())),
        new Case("tables gpt2", GPT2, lora(List.of("wte", "wpe", "c_fc"), List.of())),
        new Case(
            "one layer",
            LLAMA,
            lora(Map.of("layersToTransform", List.of(1), "excludeModules", List.of("v_proj")))),
        new Case("expression", GPT2, lora(List.of("regex:.*h\\.0\\..*c_.*"), List.of())),
        new Case("biases", GPT2, lora(Map.of("bias", Bias.ALL))),
        new Case("own biases", LLAMA, lora(Map.of("bias", Bias.LORA_ONLY, "targetModules", QV))),
        new Case("bias of B", LLAMA, lora(Map.of("loraBias", true, "targetModules", QV))),
        new Case("bias of B, pissa", GPT2, lora(BIASED_PISSA), false),
        new Case("frozen A", LLAMA, lora(Map.of("freezeA", true))),
        new Case("gaussian", GPT2, lora(Map.of("start", Start.GAUSSIAN))),
        new Case("pissa", LLAMA, lora(Map.of("start", Start.PISSA)), false),
        new Case(
            "quick pissa", GPT2, lora(Map.of("start", Start.PISSA, "startIterations", 4)), false),
        new Case(
            "olora",
            GPT2,
            lora(
                Map.of(
                    "start",
                    Start.OLORA,
                    "rankStabilized",
                    true,
                    "rankPattern",
                    Map.of("c_fc", 2),
                    "alphaPattern",
                    Map.of("c_proj", 3.0))),
            false),
        new Case("dora", LLAMA, lora(Map.of("dora", true)), false),
        new Case("dora gpt2", GPT2, lora(Map.of("dora", true)), false),
        new Case(
            "dora table",
            LLAMA,
            lora(Map.of("dora", true, "targetModules", List.of("embed_tokens", "q_proj"))),
            false),
        new Case("dora pissa", LLAMA, lora(Map.of("dora", true, "start", Start.PISSA)), false),
        new Case("adalora", LLAMA, AdaLoraConfig.defaults()),
        new Case(
            "adalora gpt2",
            GPT2,
            changed(AdaLoraConfig.defaults(), Map.of("initRank", 5, "targetRank", 3))),
        new Case("vera", LLAMA, changed(VeraConfig.defaults(), Map.of("rank", 16))),
        new Case(
            "vera gpt2",
            GPT2,
            changed(VeraConfig.defaults(), Map.of("rank", 8, "saveProjection", false))),
        new Case(
            "adalora with biases",
            GPT2,
            changed(AdaLoraConfig.defaults(), Map.of("bias", Bias.ALL))),
        new Case(
            "vera with biases",
            BERT,
            changed(
                VeraConfig.defaults(),
                Map.of("rank", 8, "bias", Bias.VERA_ONLY, "targetModules", List.of("query")))),
        new Case("loha", LLAMA, LoHaConfig.defaults()),
        new Case("loha bert", BERT, changed(LoHaConfig.defaults(), Map.of("rank", 3))),
        new Case("lokr", LLAMA, changed(LoKrConfig.defaults(), Map.of("rank", 2))),
        new Case(
            "lokr of both",
            LLAMA,
            changed(
                LoKrConfig.defaults(),
                Map.of("rank", 1, "decomposeBoth", true, "decomposeFactor", 4))),
        new Case("ia3", LLAMA, ia3(List.of("k_proj", "v_proj", "down_proj"), "down_proj")),
        new Case("ia3 gpt2", GPT2, ia3(List.of("c_attn", "mlp.c_proj"), "mlp.c_proj")),
        new Case("ia3 bert", BERT, ia3(List.of("key", "value", "output.dense"), "output.dense")),
        new Case("norms", LLAMA, LnTuningConfig.defaults()),
        new Case("norms bert", BERT, LnTuningConfig.defaults()),
        new Case(
            "chosen norms",
            GPT2,
            changed(LnTuningConfig.defaults(), Map.of("targetModules", List.of("ln_1", "ln_f")))),
        new Case("bitfit", BERT, BitFitConfig.defaults()),
        new Case("bitfit gpt2", GPT2, BitFitConfig.defaults()));
  }

  /** Methods that put virtual tokens before every row. */
  public static Stream<Case> soft() {
    PromptTuningConfig prompt =
        changed(PromptTuningConfig.defaults(), Map.of("numVirtualTokens", 5));
    PrefixTuningConfig prefix =
        changed(PrefixTuningConfig.defaults(), Map.of("numVirtualTokens", 5));
    PTuningConfig network = changed(PTuningConfig.defaults(), Map.of("numVirtualTokens", 5));
    Map<String, Object> projected = Map.of("prefixProjection", true, "encoderHiddenSize", 24);
    Map<String, Object> lstm =
        Map.of("encoderReparameterizationType", PTuningConfig.Network.LSTM, "encoderHiddenSize", 6);
    MultitaskPromptTuningConfig tasks =
        changed(
            MultitaskPromptTuningConfig.defaults(),
            Map.of("numVirtualTokens", 5, "tasks", List.of("a", "b", "c"), "numRanks", 2));
    return Stream.of(
        new Case("multitask llama", LLAMA, tasks, false),
        new Case("multitask bert", BERT, tasks, false),
        new Case("multitask t5", T5, changed(tasks, Map.of("tasks", List.of())), false),
        new Case("prompt llama", LLAMA, prompt, false),
        new Case("prompt gpt2", GPT2, prompt, false),
        new Case(
            "random prompt",
            LLAMA,
            changed(prompt, Map.of("promptTuningInit", SoftPromptConfig.Start.RANDOM)),
            false),
        new Case("prompt masked bert", MASKED, prompt, false),
        new Case("prompt bert", BERT, prompt, false),
        new Case("prompt t5", T5, prompt, false),
        new Case("prompt twice", T5, changed(prompt, Map.of("numTransformerSubmodules", 2)), false),
        new Case("prefix llama", LLAMA, prefix, false),
        new Case(
            "random prefix",
            GPT2,
            changed(prefix, Map.of("start", SoftPromptConfig.Start.RANDOM)),
            false),
        new Case("prefix bert", BERT, prefix, false),
        new Case("prefix t5", T5, prefix, false),
        new Case("projected prefix llama", LLAMA, changed(prefix, projected), false),
        new Case("projected prefix t5", T5, changed(prefix, projected), false),
        new Case("p-tuning llama", LLAMA, network, false),
        new Case("p-tuning t5", T5, network, false),
        new Case("lstm gpt2", GPT2, changed(network, lstm), false),
        new Case("lstm bert", BERT, changed(network, lstm), false));
  }

  private static Ia3Config ia3(List<String> targets, String feedforward) {
    return new Ia3Config(targets, List.of(feedforward), List.of(), List.of());
  }
}
