package dev.hone.method.bottleneck;

import dev.hone.TinyEncoders;
import dev.hone.TinyModels;
import dev.hone.method.AdapterFiles;
import dev.hone.method.Method;
import dev.hone.method.MethodCases;
import dev.hone.method.MethodCases.Case;
import dev.hone.method.MethodConfig;
import dev.hone.method.MethodTrial;
import dev.hone.method.Methods;
import dev.hone.method.bottleneck.BnConfig.Residual;
import dev.hone.method.bottleneck.BottleneckConfig.Preset;
import dev.hone.model.Model;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Bottleneck adapters in every arrangement, on models of every kind that has a place for them. */
public final class BottleneckCases {
  private static final String LLAMA = MethodCases.LLAMA;
  private static final String BERT = MethodCases.BERT;

  private BottleneckCases() {}

  static BottleneckConfig config(Preset preset, Map<String, Object> changes) {
    Map<String, Object> all = new LinkedHashMap<>(changes);
    all.put("preset", preset);
    all.putIfAbsent("reductionFactor", 4.0);
    return MethodCases.changed(BottleneckConfig.defaults(), all);
  }

  public static BottleneckConfig houlsby() {
    return config(Preset.HOULSBY, Map.of());
  }

  public static BottleneckConfig pfeiffer() {
    return config(Preset.PFEIFFER, Map.of());
  }

  public static BottleneckConfig parallel() {
    return config(Preset.PARALLEL, Map.of());
  }

  public static Stream<Case> all() {
    BottleneckConfig everywhere = config(Preset.HOULSBY, Map.of("crossAdapter", true));
    return Stream.of(
        new Case("houlsby llama", LLAMA, houlsby()),
        new Case("pfeiffer llama", LLAMA, pfeiffer()),
        new Case("parallel llama", LLAMA, config(Preset.PARALLEL, Map.of("scaling", "learned"))),
        new Case(
            "own norms llama",
            LLAMA,
            config(Preset.HOULSBY, Map.of("lnBefore", true, "lnAfter", true, "dropout", 0.1))),
        new Case(
            "top layer llama",
            LLAMA,
            config(Preset.PFEIFFER, Map.of("leaveOut", List.of(0), "scaling", "channel"))),
        new Case("houlsby gpt2", MethodCases.GPT2, houlsby()),
        new Case(
            "houlsby bert",
            BERT,
            config(Preset.HOULSBY, Map.of("modulesToSave", List.of("classifier")))),
        new Case(
            "around from the sum bert",
            BERT,
            config(Preset.PFEIFFER, Map.of("residualBeforeLn", Residual.POST_ADD))),
        new Case("masked bert", MethodCases.MASKED, pfeiffer()),
        new Case("roberta", classifier("Roberta"), pfeiffer()),
        new Case("deberta", classifier("DebertaV2"), houlsby()),
        new Case("distilbert", classifier("DistilBert"), houlsby()),
        new Case("houlsby t5", MethodCases.T5, everywhere),
        new Case("houlsby bart", TinyModels.bartConfig("{}"), everywhere));
  }

  /** Fusions whose adapters {@link #attached} makes. */
  public static Stream<Case> fusions() {
    FusionConfig dynamic = FusionConfig.defaults();
    return Stream.of(
        new Case("fusion llama", LLAMA, dynamic),
        new Case(
            "other fusion llama",
            LLAMA,
            MethodCases.changed(
                dynamic, Map.of("residualBefore", true, "temperature", true, "key", false))),
        new Case("fusion bert", BERT, dynamic),
        new Case(
            "static fusion bert",
            BERT,
            MethodCases.changed(dynamic, Map.of("value", false, "queryBeforeLn", true))),
        new Case("fusion t5", MethodCases.T5, dynamic));
  }

  /** Attaches a method; a fusion is one of two trained adapters, which this writes beforehand. */
  public static Method attached(MethodConfig config, Model model, Path folder) {
    return Methods.attach(
        config instanceof FusionConfig fusion
            ? fused(fusion, model, folder, config(Preset.PFEIFFER, Map.of("crossAdapter", true)))
            : config,
        model);
  }

  static FusionConfig fused(
      FusionConfig fusion, Model model, Path folder, BottleneckConfig adapters) {
    for (int i = 0; i < 2; i++) {
      try (Method method = MethodTrial.stirred(Methods.attach(adapters, model), 10 + i)) {
        AdapterFiles.write(folder.resolve(List.of("a", "b").get(i)), method, model, "tiny", null);
      }
    }
    return MethodCases.changed(
        fusion, Map.of("adapters", List.of(folder.resolve("a"), folder.resolve("b"))));
  }

  static String classifier(String family) {
    return TinyEncoders.config(family + "ForSequenceClassification", "{}");
  }
}
