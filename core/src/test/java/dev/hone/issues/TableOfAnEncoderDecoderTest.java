package dev.hone.issues;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.TinyModels;
import dev.hone.error.HoneException;
import dev.hone.method.MethodCases;
import dev.hone.method.MethodTrial;
import dev.hone.method.Methods;
import dev.hone.method.PeftFiles;
import dev.hone.method.PeftMethod;
import dev.hone.method.lora.LoraConfig;
import dev.hone.model.Model;
import dev.hone.store.TensorFile;
import dev.hone.tensor.Scope;
import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * LoRA of the table that an encoder-decoder's two sides share changed the model here and nothing in
 * PEFT, whose wrapper around that table is never called.
 */
class TableOfAnEncoderDecoderTest {
  private static final String TABLE = PeftMethod.PREFIX + "shared.lora_embedding_";

  @TempDir Path folder;

  private static LoraConfig config(String... targets) {
    return MethodCases.lora(Map.of("targetModules", List.of(targets)));
  }

  @Test
  void isNoTargetOfANewAdapter() {
    try (Model model = TinyModels.random(MethodCases.T5)) {
      HoneException refused =
          assertThrows(
              HoneException.class, () -> Methods.attach(config("q", "shared"), model).close());
      assertTrue(String.valueOf(refused.getMessage()).contains("'shared'"));
    }
  }

  @Test
  void inAFileItDoesNothing() throws IOException {
    try (Model model = TinyModels.random(MethodCases.T5);
        PeftMethod plain =
            MethodTrial.stirred((PeftMethod) Methods.attach(config("q"), model), 1)) {
      PeftFiles.write(folder, plain, model, "base");
      Path json = folder.resolve("adapter_config.json");
      Files.writeString(json, Files.readString(json).replace("\"q\"", "\"q\", \"shared\""));
      Path file = folder.resolve("adapter_model.safetensors");
      try (Scope scope = Scope.open()) {
        Map<String, Tensor> tensors = new LinkedHashMap<>(TensorFile.read(file));
        long width = model.backbone().tokens().weight().value().size(1);
        tensors.put(TABLE + "A", Tensors.ones(4, TinyModels.VOCAB));
        tensors.put(TABLE + "B", Tensors.ones(width, 4));
        TensorFile.write(file, tensors);
      }
      try (PeftMethod read = PeftFiles.read(folder, model)) {
        assertEquals(
            0,
            TinyModels.distance(MethodTrial.logits(model, plain), MethodTrial.logits(model, read)));
      }
    }
  }
}
