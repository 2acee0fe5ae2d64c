package dev.hone.issues;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.TinyModels;
import dev.hone.method.MethodCases;
import dev.hone.method.MethodTrial;
import dev.hone.method.Methods;
import dev.hone.method.PeftFiles;
import dev.hone.method.PeftMethod;
import dev.hone.model.Linear;
import dev.hone.model.Model;
import dev.hone.model.Pass;
import dev.hone.store.TensorFile;
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

/** PEFT's {@code ensure_weight_tying} was taken for a key that changes nothing. */
class TiedHeadOfAnAdapterTest {
  private static final String TABLE = "model.embed_tokens";
  private static final String HEAD = "lm_head";

  @TempDir Path folder;

  private static PeftMethod attached(Model model, Map<String, Object> changes) {
    return MethodTrial.stirred(
        (PeftMethod)
            Methods.attach(
                MethodCases.changed(MethodCases.lora(Map.of("ensureWeightTying", true)), changes),
                model),
        1);
  }

  private static Tensor scores(Model model, PeftMethod method, Tensor x) {
    Linear head = Objects.requireNonNull(model.linears().get(HEAD));
    return method.linear(head, x, Pass.plain());
  }

  /** The table as the adapter makes it, from what it gives for each token. */
  private static Tensor table(Model model, PeftMethod method) {
    Tensor all = Tensors.arange(TinyModels.VOCAB);
    return model.backbone().tokens().forward(all, Pass.plain().with(method));
  }

  private void changesOnBothSides(Map<String, Object> changes) {
    try (Model model = TinyModels.random(MethodCases.TIED);
        PeftMethod method = attached(model, changes);
        Scope scope = Scope.open();
        GradMode off = GradMode.off()) {
      Tensor x = Tensors.normal(0, 1, 2, 32);
      float[] scores = scores(model, method, x).toFloats();
      Tensor table = table(model, method);
      assertEquals(
          0, TinyModels.distance(x.matmul(table.t()).toFloats(), scores), 1e-5, "one matrix");
      Map<String, Tensor> merged = method.merged();
      Tensor whole = Objects.requireNonNull(merged.get(TABLE + ".weight"));
      assertEquals(0, TinyModels.distance(table.toFloats(), whole.toFloats()), 1e-6);
      assertFalse(merged.containsKey(HEAD + ".weight"), "it stays tied when merged");
      merged.values().forEach(Tensor::close);
      PeftFiles.write(folder, method, model, "base");
      try (PeftMethod read = PeftFiles.read(folder, model)) {
        assertEquals(0, TinyModels.distance(scores, scores(model, read, x).toFloats()));
      }
    }
  }

  @Test
  void aTargetIsOneMatrix() {
    changesOnBothSides(Map.of("targetModules", List.of("embed_tokens", "q_proj")));
    try (Scope scope = Scope.open()) {
      Map<String, Tensor> file = TensorFile.read(folder.resolve("adapter_model.safetensors"));
      assertTrue(file.containsKey(PeftMethod.PREFIX + HEAD + ".lora_A.weight"), "as PEFT has it");
    }
    changesOnBothSides(Map.of("targetModules", List.of("lm_head", "q_proj")));
  }

  @Test
  void aSavedModuleIsOneMatrix() {
    Map<String, Object> table = Map.of("modulesToSave", List.of("embed_tokens"));
    changesOnBothSides(table);
    changesOnBothSides(Map.of("modulesToSave", List.of("lm_head", "embed_tokens")));
  }

  @Test
  void anUntiedHeadIsNotConcerned() {
    try (Model model = TinyModels.llama();
        PeftMethod method = attached(model, Map.of("targetModules", List.of("embed_tokens")));
        Scope scope = Scope.open();
        GradMode off = GradMode.off()) {
      Tensor x = Tensors.normal(0, 1, 2, 32);
      Linear head = Objects.requireNonNull(model.linears().get(HEAD));
      float[] base = head.base(x, Pass.plain()).toFloats();
      assertEquals(0, TinyModels.distance(base, scores(model, method, x).toFloats()));
    }
  }
}
