package dev.hone.issues;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.hone.TinyModels;
import dev.hone.method.Bias;
import dev.hone.method.MethodCases;
import dev.hone.method.MethodTrial;
import dev.hone.method.Methods;
import dev.hone.method.PeftFiles;
import dev.hone.method.PeftMethod;
import dev.hone.model.Model;
import dev.hone.store.TensorFile;
import dev.hone.tensor.Scope;
import dev.hone.tensor.Tensor;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * An adapter that saves the whole head for masked words, or all biases, was refused: PEFT writes
 * the bias that this head and its last linear share under both names.
 */
class SecondNameOfABiasTest {
  private static final String HEAD = PeftMethod.PREFIX + "cls.predictions.";

  @TempDir Path folder;

  @Test
  void isNoTensorTooManyOfASavedHead() {
    requireRead(Map.of("targetModules", List.of("query"), "modulesToSave", List.of("cls")));
  }

  @Test
  void isNoTensorTooManyWhereAllBiasesTrain() {
    requireRead(Map.of("targetModules", List.of("query"), "bias", Bias.ALL));
  }

  private void requireRead(Map<String, Object> method) {
    try (Model model = TinyModels.random(MethodCases.MASKED);
        PeftMethod lora =
            MethodTrial.stirred((PeftMethod) Methods.attach(MethodCases.lora(method), model), 1)) {
      PeftFiles.write(folder, lora, model, "base");
      Path file = folder.resolve("adapter_model.safetensors");
      try (Scope scope = Scope.open()) {
        Map<String, Tensor> tensors = new LinkedHashMap<>(TensorFile.read(file));
        tensors.put(HEAD + "decoder.bias", Objects.requireNonNull(tensors.get(HEAD + "bias")));
        TensorFile.write(file, tensors);
      }
      try (PeftMethod read = PeftFiles.read(folder, model)) {
        assertEquals(
            0,
            TinyModels.distance(MethodTrial.logits(model, lora), MethodTrial.logits(model, read)));
      }
    }
  }
}
