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
import dev.hone.method.lora.LoraConfig;
import dev.hone.model.Model;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * An adapter whose target_modules also name modules of other families was refused, although PEFT
 * reads it.
 */
class TargetsOfOtherFamiliesTest {
  @TempDir Path folder;

  private static LoraConfig config(String... targets) {
    return MethodCases.lora(Map.of("targetModules", List.of(targets)));
  }

  private void rewrite(String from, String to) throws IOException {
    Path file = folder.resolve("adapter_config.json");
    Files.writeString(file, Files.readString(file).replace(from, to));
  }

  @Test
  void oneThatIsThereIsEnoughInAFile() throws IOException {
    try (Model model = TinyModels.llama();
        PeftMethod lora = (PeftMethod) Methods.attach(config("q_proj"), model)) {
      PeftFiles.write(folder, lora, model, "base");
      rewrite("\"q_proj\"", "\"c_attn\", \"q_proj\", \"wte\"");
      try (PeftMethod read = PeftFiles.read(folder, model)) {
        assertEquals(lora.trainable().keySet(), read.trainable().keySet());
      }
      rewrite("\"q_proj\", ", "");
      refused("c_attn", () -> PeftFiles.read(folder, model).close());
    }
  }

  @Test
  void aRecipeMustMeanWhatItSays() {
    try (Model model = TinyModels.llama()) {
      refused("c_attn", () -> Methods.attach(config("q_proj", "c_attn"), model).close());
    }
  }

  private static void refused(String name, org.junit.jupiter.api.function.Executable action) {
    String message = String.valueOf(assertThrows(HoneException.class, action).getMessage());
    assertTrue(message.contains(name), message);
  }
}
