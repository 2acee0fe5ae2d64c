package dev.hone.method.bottleneck;

import static dev.hone.method.MethodTrial.logits;
import static dev.hone.method.MethodTrial.requireRefused;
import static dev.hone.method.MethodTrial.stirred;
import static dev.hone.method.bottleneck.BottleneckCases.config;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.TinyModels;
import dev.hone.method.MethodCases;
import dev.hone.method.bottleneck.BottleneckConfig.Preset;
import dev.hone.model.Model;
import dev.hone.tensor.GradMode;
import dev.hone.tensor.Scope;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Bottleneck adapters one behind the other. */
class BottleneckStackTest {
  private static Bottleneck adapter(Preset preset, Map<String, Object> changes, Model model) {
    return stirred(Bottleneck.attach(config(preset, changes), model), 1);
  }

  /** One that adds nothing to what it is given. */
  private static Bottleneck idle(Model model) {
    Bottleneck adapter = Bottleneck.attach(BottleneckCases.houlsby(), model);
    try (Scope scope = Scope.open();
        GradMode off = GradMode.off()) {
      adapter
          .trainable()
          .forEach(
              (name, tensor) -> {
                if (name.contains(".adapter_up.")) {
                  tensor.fill(0);
                }
              });
    }
    return adapter;
  }

  @Test
  void oneAloneIsThatAdapterAndIdleOnesChangeNothing() {
    for (String base : List.of(MethodCases.LLAMA, MethodCases.BERT, MethodCases.T5)) {
      try (Model model = TinyModels.random(base);
          Bottleneck adapter = adapter(Preset.HOULSBY, Map.of(), model);
          Bottleneck idle = idle(model)) {
        float[] alone = logits(model, adapter);
        assertArrayEquals(alone, logits(model, new BottleneckStack(List.of(adapter))));
        assertArrayEquals(alone, logits(model, new BottleneckStack(List.of(adapter, idle))));
        assertArrayEquals(alone, logits(model, new BottleneckStack(List.of(idle, adapter))));
      }
    }
  }

  @Test
  void eachIsGivenWhatTheOneBeforeMade() {
    try (Model model = TinyModels.llama();
        Bottleneck a = adapter(Preset.HOULSBY, Map.of(), model);
        Bottleneck b = adapter(Preset.PFEIFFER, Map.of("nonLinearity", "tanh"), model)) {
      float[] ab = logits(model, new BottleneckStack(List.of(a, b)));
      assertTrue(TinyModels.distance(ab, logits(model, a)) > 1e-4);
      assertTrue(TinyModels.distance(ab, logits(model, b)) > 1e-4);
      assertTrue(TinyModels.distance(ab, logits(model, new BottleneckStack(List.of(b, a)))) > 1e-4);
    }
  }

  /** Where only one has a bottleneck it stands alone. */
  @Test
  void layersMayDiffer() {
    try (Model model = TinyModels.llama();
        Bottleneck low = adapter(Preset.PFEIFFER, Map.of("leaveOut", List.of(1)), model);
        Bottleneck high = adapter(Preset.PFEIFFER, Map.of("leaveOut", List.of(0)), model)) {
      assertArrayEquals(
          logits(model, new BottleneckStack(List.of(low, high))),
          logits(model, new BottleneckStack(List.of(high, low))));
    }
  }

  @Test
  void theHeadIsTheLastOnes() {
    try (Model model = TinyModels.random(MethodCases.BERT);
        Bottleneck idle = idle(model);
        Bottleneck headed =
            adapter(Preset.HOULSBY, Map.of("modulesToSave", List.of("classifier")), model)) {
      assertArrayEquals(
          logits(model, headed), logits(model, new BottleneckStack(List.of(idle, headed))));
      assertTrue(
          TinyModels.distance(
                  logits(model, headed), logits(model, new BottleneckStack(List.of(headed, idle))))
              > 1e-4);
    }
  }

  @Test
  void whatCannotBeStackedIsRefused() {
    try (Model model = TinyModels.llama();
        Bottleneck parallel = adapter(Preset.PARALLEL, Map.of(), model);
        Bottleneck other = idle(model)) {
      requireRefused("'hone' is parallel", () -> new BottleneckStack(List.of(other, parallel)));
      requireRefused("at least one", () -> new BottleneckStack(List.of()));
    }
  }
}
