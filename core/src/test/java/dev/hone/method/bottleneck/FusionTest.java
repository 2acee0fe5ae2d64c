package dev.hone.method.bottleneck;

import static dev.hone.method.MethodTrial.logits;
import static dev.hone.method.MethodTrial.requireRefused;
import static dev.hone.method.bottleneck.BottleneckCases.config;
import static dev.hone.method.bottleneck.BottleneckCases.pfeiffer;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.TinyModels;
import dev.hone.method.AdapterFiles;
import dev.hone.method.Method;
import dev.hone.method.MethodCases;
import dev.hone.method.MethodTrial;
import dev.hone.method.Methods;
import dev.hone.method.bottleneck.BottleneckConfig.Preset;
import dev.hone.method.lora.LoraConfig;
import dev.hone.model.Model;
import dev.hone.tensor.NativeMemory;
import dev.hone.tensor.Scope;
import dev.hone.tensor.Tensor;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is a fusion's own; what it shares with other methods is tested there. */
class FusionTest {
  @TempDir Path folder;
  private Model model;

  @BeforeEach
  void open() {
    model = TinyModels.random(MethodCases.BERT);
  }

  @AfterEach
  void close() {
    model.close();
  }

  private Fusion fusion(Map<String, Object> changes) {
    FusionConfig config = MethodCases.changed(FusionConfig.defaults(), changes);
    return (Fusion) BottleneckCases.attached(config, model, folder);
  }

  @Test
  void theAdaptersStayAsTheyAre() {
    try (Fusion fusion = fusion(Map.of())) {
      Map<String, float[]> before = adapters(fusion);
      MethodTrial.train(model, fusion, 3);
      Map<String, float[]> after = adapters(fusion);
      assertEquals(8, before.size() / 2, "two matrices and two biases in each of two layers");
      before.forEach((name, numbers) -> assertArrayEquals(numbers, after.get(name), name));
      assertTrue(
          fusion.trainable().keySet().stream()
              .allMatch(name -> name.contains(".adapter_fusion_layer.a,b.")));
    }
  }

  private static Map<String, float[]> adapters(Fusion fusion) {
    Map<String, float[]> all = new LinkedHashMap<>();
    fusion
        .adapters()
        .forEach(
            (called, adapter) ->
                adapter.trainable().forEach((name, t) -> all.put(called + name, t.toFloats())));
    return all;
  }

  /** A mixture of one thing is that thing, and the value begins as the identity. */
  @Test
  void twoEqualAdaptersAreThatAdapter() {
    for (Preset preset : List.of(Preset.PFEIFFER, Preset.HOULSBY)) {
      for (boolean before : List.of(false, true)) {
        try (Method one = MethodTrial.stirred(Methods.attach(config(preset, Map.of()), model), 1)) {
          AdapterFiles.write(folder.resolve("a"), one, model, "tiny", null);
          AdapterFiles.write(folder.resolve("b"), one, model, "tiny", null);
          FusionConfig config =
              MethodCases.changed(
                  FusionConfig.defaults(),
                  Map.of(
                      "adapters",
                      List.of(folder.resolve("a"), folder.resolve("b")),
                      "residualBefore",
                      before));
          try (Method fusion = Methods.attach(config, model)) {
            double off = TinyModels.distance(logits(model, one), logits(model, fusion));
            assertEquals(0, off, 2e-4, "near the identity");
          }
        }
      }
    }
  }

  @Test
  void theGradientIsTheSlope() {
    try (Fusion fusion = MethodTrial.stirred(fusion(Map.of()), 1)) {
      MethodTrial.requireSlope(model, fusion);
    }
  }

  /** Two layers, whose values of 32 by 32 differ from the identity by 1e-6 beside the diagonal. */
  @Test
  void valuesAreKeptNearTheIdentity() {
    try (Fusion fusion = fusion(Map.of());
        Scope scope = Scope.open()) {
      assertEquals(0, requireNonNull(fusion.regularizer()).item(), 1e-10);
      for (Tensor tensor : fusion.trainable().values()) {
        if (tensor.rank() == 2) {
          tensor.requiresGrad(false).addInPlace(tensor, 1); // 2 I: a distance of 32 each
        }
      }
      assertEquals(0.01 * 2 * 32, requireNonNull(fusion.regularizer()).item(), 1e-4);
    }
    try (Fusion plain = fusion(Map.of("regularization", false));
        Fusion without = fusion(Map.of("value", false))) {
      assertNull(plain.regularizer());
      assertNull(without.regularizer());
    }
  }

  private static Tensor requireNonNull(@Nullable Tensor tensor) {
    assertNotNull(tensor);
    return Objects.requireNonNull(tensor);
  }

  /** AdapterHub's numbers: 50, and less by 0.05 each time until 1. */
  @Test
  void theTemperatureFallsAndIsKept() {
    try (Fusion fusion = MethodTrial.stirred(fusion(Map.of("temperature", true)), 1)) {
      assertEquals(50, fusion.temperature());
      float[] hot = logits(model, fusion);
      fusion.stepped(100, 1000);
      assertEquals(45, fusion.temperature(), 1e-5);
      assertTrue(fusion.state().containsKey("temperature"), "a checkpoint has it");
      AdapterFiles.write(folder.resolve("out"), fusion, model, "tiny", null);
      try (Fusion read = (Fusion) AdapterFiles.read(folder.resolve("out"), model)) {
        assertEquals(45, read.temperature(), 1e-5);
        assertArrayEquals(logits(model, fusion), logits(model, read));
      }
      fusion.stepped(2000, 3000);
      assertEquals(1, fusion.temperature());
      assertTrue(TinyModels.distance(hot, logits(model, fusion)) > 1e-5);
    }
  }

  @Test
  void headsOfTheAdaptersAreLeftAside() {
    BottleneckConfig withHead =
        config(Preset.PFEIFFER, Map.of("modulesToSave", List.of("classifier")));
    FusionConfig config = BottleneckCases.fused(FusionConfig.defaults(), model, folder, withHead);
    FusionConfig own = MethodCases.changed(config, Map.of("modulesToSave", List.of("classifier")));
    try (Method fusion = Methods.attach(config, model);
        Method headed = Methods.attach(own, model)) {
      assertEquals(fusion.trainable().size() + 2, headed.trainable().size());
      assertArrayEquals(
          requireNonNull(headed.trainable().get("classifier.weight")).toFloats(),
          model.parameters().stream()
              .filter(p -> p.name().equals("classifier.weight"))
              .findFirst()
              .orElseThrow()
              .value()
              .toFloats(),
          "the base's");
    }
  }

  private void refuses(String expected, FusionConfig config) {
    long before = NativeMemory.objects();
    requireRefused(expected, () -> Methods.attach(config, model).close());
    assertEquals(before, NativeMemory.objects(), "nothing stays behind");
  }

  @Test
  void whatCannotBeFusedIsRefused() {
    FusionConfig sound = BottleneckCases.fused(FusionConfig.defaults(), model, folder, pfeiffer());
    refuses("two or more", FusionConfig.defaults());
    try (Method other = Methods.attach(BottleneckCases.houlsby(), model)) {
      AdapterFiles.write(folder.resolve("c"), other, model, "tiny", null);
      AdapterFiles.write(folder.resolve("deep/a"), other, model, "tiny", null);
      AdapterFiles.write(folder.resolve("v1.5"), other, model, "tiny", null);
    }
    try (Method other = Methods.attach(LoraConfig.defaults(), model)) {
      AdapterFiles.write(folder.resolve("lora"), other, model, "tiny", null);
    }
    Path a = sound.adapters().getFirst();
    refuses("'a' and 'c' have bottlenecks at different places", with(sound, a, "c"));
    refuses("two folders are called 'a'", with(sound, a, "deep/a"));
    refuses("'v1.5' cannot be an adapter's name", with(sound, a, "v1.5"));
    refuses("missing", with(sound, a, "missing"));
    refuses("a bottleneck adapter", with(sound, a, "lora"));
  }

  private FusionConfig with(FusionConfig sound, Path first, String second) {
    return MethodCases.changed(sound, Map.of("adapters", List.of(first, folder.resolve(second))));
  }

  @Test
  void mergingIsRefusedInOneLine() {
    try (Fusion fusion = fusion(Map.of())) {
      requireRefused("cannot be merged", () -> fusion.merged().clear());
    }
  }
}
