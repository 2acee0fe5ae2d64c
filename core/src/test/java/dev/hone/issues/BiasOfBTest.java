package dev.hone.issues;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.TinyModels;
import dev.hone.error.HoneException;
import dev.hone.method.MethodCases;
import dev.hone.method.Methods;
import dev.hone.method.PeftFiles;
import dev.hone.method.PeftMethod;
import dev.hone.method.lora.Combination;
import dev.hone.method.lora.Lora;
import dev.hone.method.lora.LoraConfig;
import dev.hone.model.Linear;
import dev.hone.model.Model;
import dev.hone.model.Pass;
import dev.hone.tensor.GradMode;
import dev.hone.tensor.Scope;
import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A LoRA adapter with {@code lora_bias} was refused. */
class BiasOfBTest {
  private static final String GATE = "model.layers.0.mlp.gate_proj";

  @TempDir Path folder;

  private static LoraConfig config(Map<String, Object> changes) {
    LoraConfig biased =
        MethodCases.lora(Map.of("loraBias", true, "targetModules", List.of("gate_proj")));
    return MethodCases.changed(biased, changes);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void isScaledAsBIs(boolean baseHasOne) {
    String base = TinyModels.llamaConfig("{'mlp_bias': " + baseHasOne + "}");
    try (Model model = TinyModels.random(base);
        PeftMethod lora = (PeftMethod) Methods.attach(config(Map.of("alpha", 12.0)), model)) {
      try (Scope scope = Scope.open();
          GradMode off = GradMode.off()) {
        bias(lora).fill(1);
      }
      PeftFiles.write(folder, lora, model, "base");
      try (PeftMethod read = PeftFiles.read(folder, model);
          Scope scope = Scope.open();
          GradMode off = GradMode.off()) {
        Linear gate = Objects.requireNonNull(model.linears().get(GATE));
        Tensor x = Tensors.normal(0, 1, 2, 32);
        Tensor added = read.linear(gate, x, Pass.plain()).sub(gate.base(x, Pass.plain()));
        assertEquals(0, added.sub(Tensors.full(3)).abs().max().item(), 1e-5, "alpha / r is 3");
      }
    }
  }

  private static Tensor bias(PeftMethod lora) {
    String name = PeftMethod.PREFIX + GATE + ".lora_B.bias";
    return Objects.requireNonNull(lora.trainable().get(name), name);
  }

  @Test
  void isNotLostByMergingOrCombining() {
    try (Model model = TinyModels.llama();
        Lora lora = (Lora) Methods.attach(config(Map.of()), model)) {
      refused("cannot be merged", lora::merged);
      Combination sum =
          new Combination(Combination.Type.LINEAR, 0, 1, Combination.MajoritySign.TOTAL);
      refused("cannot be combined", () -> sum.of(List.of(lora), new double[] {1}, model).close());
    }
  }

  @Test
  void isForLinearsWithoutDora() {
    try (Model model = TinyModels.llama()) {
      refused("loraBias", () -> attach(Map.of("dora", true), model));
      refused("loraBias", () -> attach(Map.of("targetModules", List.of("embed_tokens")), model));
    }
  }

  private static void attach(Map<String, Object> changes, Model model) {
    Methods.attach(config(changes), model).close();
  }

  private static void refused(String why, org.junit.jupiter.api.function.Executable action) {
    String message = String.valueOf(assertThrows(HoneException.class, action).getMessage());
    assertTrue(message.contains(why), message);
  }
}
