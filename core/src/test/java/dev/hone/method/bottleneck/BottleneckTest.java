package dev.hone.method.bottleneck;

import static dev.hone.method.MethodTrial.requireRefused;
import static dev.hone.method.bottleneck.BottleneckCases.config;
import static dev.hone.method.bottleneck.BottleneckCases.pfeiffer;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.TinyModels;
import dev.hone.method.Method;
import dev.hone.method.MethodCases;
import dev.hone.method.MethodTrial;
import dev.hone.method.Methods;
import dev.hone.method.bottleneck.BnConfig.Residual;
import dev.hone.method.bottleneck.BottleneckConfig.Preset;
import dev.hone.model.Adapter;
import dev.hone.model.Model;
import dev.hone.tensor.NativeMemory;
import dev.hone.tensor.Tensor;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Where bottlenecks stand and what they are; what they share with other methods is tested there.
 */
class BottleneckTest {
  private static final String LLAMA = MethodCases.LLAMA;

  /** The places are AdapterHub's, which are part of tensors' names. */
  @ParameterizedTest
  @CsvSource({
    "houlsby llama,model.layers.0.attention_adapters.",
    "pfeiffer llama,model.layers.0.output_adapters.",
    "top layer llama,model.layers.1.output_adapters.",
    "houlsby gpt2,transformer.h.0.attention_adapters.",
    "houlsby bert,bert.encoder.layer.0.attention.output.",
    "masked bert,bert.encoder.layer.0.output.",
    "roberta,roberta.encoder.layer.0.output.",
    "deberta,deberta.encoder.layer.0.attention.output.",
    "distilbert,distilbert.transformer.layer.0.attention_adapters.",
    "houlsby t5,encoder.block.0.layer.0.",
    "houlsby bart,model.encoder.layers.0.attention_adapters."
  })
  void tensorsAreCalledAsInAdapterHub(String name, String place) {
    MethodCases.Case c =
        BottleneckCases.all().filter(x -> x.name().equals(name)).findFirst().orElseThrow();
    try (Model model = TinyModels.random(c.model());
        Method method = Methods.attach(c.config(), model)) {
      String first = method.trainable().keySet().iterator().next();
      assertTrue(first.startsWith(place + "adapters.hone."), first);
    }
  }

  @Test
  void theGradientIsTheSlope() {
    try (Model model = TinyModels.random(MethodCases.BERT);
        Method method = MethodTrial.stirred(Methods.attach(BottleneckCases.houlsby(), model), 1)) {
      MethodTrial.requireSlope(model, method);
    }
  }

  @Test
  void aParallelOneChangesNothingAtFirst() {
    try (Model model = TinyModels.llama();
        Method method = Methods.attach(BottleneckCases.parallel(), model)) {
      assertArrayEquals(MethodTrial.logits(model, Adapter.NONE), MethodTrial.logits(model, method));
    }
  }

  @Test
  void theMiddleIsNarrowerByTheFactor() {
    try (Model model = TinyModels.llama();
        Method method =
            Methods.attach(config(Preset.PFEIFFER, Map.of("reductionFactor", 5.0)), model)) {
      Tensor down =
          method
              .trainable()
              .get("model.layers.0.output_adapters.adapters.hone.adapter_down.0.weight");
      assertArrayEquals(new long[] {6, 32}, Objects.requireNonNull(down).shape());
    }
  }

  private static void refuses(String model, BottleneckConfig config, String expected) {
    try (Model made = TinyModels.random(model)) {
      long before = NativeMemory.objects();
      requireRefused(expected, () -> Methods.attach(config, made).close());
      assertEquals(before, NativeMemory.objects(), "nothing stays behind");
    }
  }

  @Test
  void whatCannotBeIsRefused() {
    refuses(
        LLAMA, config(Preset.PFEIFFER, Map.of("residualBeforeLn", Residual.POST_ADD)), "post-add");
    refuses(LLAMA, config(Preset.PFEIFFER, Map.of("leaveOut", List.of(2))), "0 to 1");
    refuses(LLAMA, config(Preset.PFEIFFER, Map.of("outputAdapter", false)), "no place");
    refuses(LLAMA, config(Preset.PFEIFFER, Map.of("modulesToSave", List.of("wte"))), "'wte'");
    refuses(
        LLAMA,
        config(Preset.PFEIFFER, Map.of("modulesToSave", List.of("embed_tokens"))),
        "a head only");
    refuses(BottleneckCases.classifier("Albert"), pfeiffer(), "share their");
    refuses(BottleneckCases.classifier("ModernBert"), pfeiffer(), "no place in ModernBert");
  }

  @Test
  void mergingIsRefusedInOneLine() {
    try (Model model = TinyModels.llama();
        Method method = Methods.attach(BottleneckCases.houlsby(), model)) {
      requireRefused("cannot be merged", () -> method.merged().clear());
    }
  }
}
