package dev.hone.issues;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.hone.TinyModels;
import dev.hone.method.MethodCases;
import dev.hone.method.MethodTrial;
import dev.hone.method.Methods;
import dev.hone.method.PeftFiles;
import dev.hone.method.PeftMethod;
import dev.hone.method.SoftPrompt;
import dev.hone.method.ptuning.PTuningConfig;
import dev.hone.model.Model;
import dev.hone.tensor.Tensor;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A reference case with a network for virtual tokens and a trained head was not compared. */
class NetworkBesideAHeadTest {
  @TempDir Path folder;

  @Test
  void theHeadComesFromTheFile() {
    PTuningConfig config =
        MethodCases.changed(
            PTuningConfig.defaults(), Map.of("numVirtualTokens", 3, "encoderHiddenSize", 6));
    try (Model model = TinyModels.random(MethodCases.BERT);
        PeftMethod trained = MethodTrial.stirred((PeftMethod) Methods.attach(config, model), 1)) {
      PeftFiles.write(folder, trained, model, "base");
      Map<String, Tensor> network = new LinkedHashMap<>(trained.trainable());
      network.keySet().removeIf(name -> !name.startsWith(SoftPrompt.MAKER));
      try (PeftMethod read = PeftFiles.read(folder, model, network)) {
        assertEquals(trained.trainable().keySet(), read.trainable().keySet());
        assertEquals(
            0,
            TinyModels.distance(
                MethodTrial.logits(model, trained), MethodTrial.logits(model, read)));
      }
    }
  }
}
